/* Widgets without a CDN. Loaded between require.js and the widget manager. */
(function () {
  "use strict";
  // anywidget.js lies beside this file.
  requirejs.config({ baseUrl: document.currentScript.src.replace(/[^/]*$/, "") });
  // The widget manager speaks MathJax 2; the site has MathJax 3.
  document.addEventListener("DOMContentLoaded", function () {
    if (!window.MathJax || window.MathJax.Hub) return;
    window.MathJax.Hub = {
      Queue: function (command) {
        if (window.MathJax.typesetPromise && command && command[2]) {
          window.MathJax.typesetPromise([command[2]]);
        }
      },
    };
  });
})();
