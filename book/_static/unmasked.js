/* Small repairs that the theme's pages need in the browser. */
/* global DOCUMENTATION_OPTIONS */
(function () {
  "use strict";

  // What scrolls sideways must be reachable by keyboard.
  const SCROLLERS =
    ".bd-article pre, .bd-article div.math, .pst-scrollable-table-container," +
    " .bd-article .picture, .bd-article mjx-container[display='true'], .bd-article .cell_output > .output";
  function reachable() {
    const boxes = [...document.querySelectorAll(SCROLLERS)];
    // All are looked at before one is changed: or each would be laid out anew.
    const scrolls = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
    boxes.forEach((box, n) => {
      if (scrolls[n] && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.scrolls = "yes";
      } else if (!scrolls[n] && box.dataset.scrolls) {
        box.removeAttribute("tabindex");
        delete box.dataset.scrolls;
      }
    });
  }

  let waiting;
  function reachableSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(reachable, 150);
  }

  // A page opened from a folder may not read its neighbours, which the search
  // would do to show a few words around each hit.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  function name(selector, label) {
    document.querySelectorAll(selector).forEach((element) => {
      if (!element.getAttribute("aria-label")) element.setAttribute("aria-label", label);
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    name("#pst-primary-sidebar-checkbox", "Show or hide the table of contents");
    name("#pst-secondary-sidebar-checkbox", "Show or hide the contents of this page");
    name("input[type='search']", "Search");
    document.querySelectorAll("a[target='_blank']").forEach((link) => {
      link.rel = "noopener";
    });
    new ResizeObserver(reachableSoon).observe(document.body);
  });
  window.addEventListener("load", reachable);
})();
