/* Mounts the figures that the `live-figure` directive wrote into the page, and the
   widgets of a notebook. */
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

  const modules = new Map(); // a script's text -> its module, to come

  // A Blob, because a page opened from a folder may not import from files.
  async function load({ script, style }) {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    document.head.append(sheet);
    const address = URL.createObjectURL(
      new Blob([script], { type: "text/javascript" }),
    );
    try {
      return (await import(address)).default;
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  async function draw(el, look, shown) {
    if (!modules.has(look.script)) modules.set(look.script, load(look));
    await (await modules.get(look.script)).render({ model: shown, el });
  }

  function box(parent) {
    return parent.appendChild(document.createElement("div"));
  }

  // What the `live-figure` directive wrote.
  async function mount(place) {
    const { state, ...look } = JSON.parse(place.querySelector("script").textContent);
    place.replaceChildren();
    await draw(box(place), look, model(state));
    place.dataset.live = "yes";
  }

  // What a notebook shows: one widget, or a column of them.
  async function show(view, { looks, models }) {
    const el = box(view.parentElement);
    const parts = (name) => models[name].children?.flatMap(parts) ?? [models[name]];
    for (const { look, state } of parts(JSON.parse(view.textContent).model_id)) {
      await draw(box(el), looks[look], model(state));
    }
    view.remove();
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".live-figure-mount").forEach(mount);
    const stored = document.getElementById("widgets");
    if (!stored) return;
    const widgets = JSON.parse(stored.textContent);
    document
      .querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']")
      .forEach((view) => show(view, widgets));
  });
})();
