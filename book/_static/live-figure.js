/* Mounts the figures that the `live-figure` directive wrote into the page. */
(function () {
  "use strict";

  // What a widget's render() needs of an anywidget model, without a kernel.
  function model(state) {
    const listeners = new Map(); // event -> Set of callbacks
    const fire = (event, ...rest) => {
      for (const callback of [...(listeners.get(event) ?? [])]) callback(...rest);
    };
    return {
      get: (name) => state[name],
      set(name, value) {
        if (state[name] === value) return;
        state[name] = value;
        fire("change:" + name, this, value);
        fire("change", this);
      },
      save_changes() {},
      on(event, callback) {
        for (const name of event.split(" ")) {
          if (!listeners.has(name)) listeners.set(name, new Set());
          listeners.get(name).add(callback);
        }
      },
      off(event, callback) {
        for (const name of event ? event.split(" ") : [...listeners.keys()]) {
          if (callback) listeners.get(name)?.delete(callback);
          else listeners.delete(name);
        }
      },
    };
  }

  async function mount(place) {
    const { script, style, state } = JSON.parse(
      place.querySelector("script").textContent,
    );
    // A Blob, because a page opened from a folder may not import from files.
    const address = URL.createObjectURL(
      new Blob([script], { type: "text/javascript" }),
    );
    try {
      const widget = (await import(address)).default;
      const sheet = document.createElement("style");
      sheet.textContent = style;
      const el = document.createElement("div");
      place.replaceChildren(sheet, el);
      await widget.render({ model: model(state), el });
      place.dataset.live = "yes";
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".live-figure-mount").forEach(mount);
  });
})();
