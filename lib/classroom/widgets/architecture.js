// The Transformer as a map: each box opens its shape, its code, its section of the paper.
const ROWS = 11, MODELS = { speller: "this chapter's", base: "base", big: "big" };
const COUNTS = { // parameters of a box, by kind
  attention: ({ d_model: d }) => 4 * d * (d + 1),
  feed_forward: ({ d_model: d, d_ff: f }) => f * (d + 1) + d * (f + 1),
  norm: ({ d_model: d }) => 2 * d,
  source_table: ({ d_model: d, V }, name) => (name === "speller" ? 11 : V) * d,
  target_table: ({ d_model: d, V }) => V * d,
};
const grouped = (n) => n.toLocaleString("en-GB");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-architecture");
    const boxes = model.get("boxes"), byId = new Map(boxes.map((box) => [box.id, box]));
    const group = `um-${Math.random().toString(36).slice(2)}`;
    const lengths = { B: 0, S: 0, T: 0 };

    const radio = ([name, text]) => html("label", {},
      html("input", { type: "radio", name: group, value: name, checked: model.get("model") === name,
        change: () => { model.set("model", name); model.save_changes(); } }), html("span", {}, text));
    const slider = (name, text, high) => {
      const value = html("b", { class: "um-value", "aria-hidden": "true" }), input = html("input", { type: "range", min: 1, max: high, "aria-label": text,
        input: () => { lengths[name] = Number(input.value); draw(); } });
      return { name, input, value, node: html("label", {}, html("span", {}, text, " "), input, value) };
    };
    const sliders = [slider("B", "Sentences B", 128), slider("S", "Source length S", 60), slider("T", "Target length T", 60)];

    const button = (box) => {
      const node = html("button", { type: "button", "data-box": box.id, "data-column": box.column, "aria-controls": `${group}-panel`,
        style: `grid-column: ${box.column === 0 ? 1 : 3}; grid-row: ${ROWS - box.row}`,
        click: () => choose(box.id), focus: () => choose(box.id) }, box.title);
      return node;
    };
    const nodes = new Map(boxes.map((box) => [box.id, button(box)]));
    const side = (column, low, high, text) => html("div", { class: "um-stack", "aria-hidden": "true",
      style: `grid-column: ${column}; grid-row: ${ROWS - high} / ${ROWS - low + 1}` }, html("span", {}, text));
    const stacks = [side(1, 3, 6, ""), side(3, 3, 8, "")];
    const list = (column, name) => html("div", { class: "um-column", role: "group", "aria-label": name },
      ...boxes.filter((box) => box.column === column).map((box) => nodes.get(box.id)));
    // from memory to the right, then up or down to cross-attention
    const wire = html("div", { class: "um-wire", "aria-hidden": "true",
      style: `grid-column: 2; grid-row: ${ROWS - 7} / ${ROWS - 5 + 1}` }, html("i"), html("b", {}, "K, V"));
    const map = html("div", { class: "um-map" }, ...stacks, wire, list(0, "Encoder, from the bottom up"), list(1, "Decoder, from the bottom up"));

    const title = html("h4"), says = html("p"), shape = html("dd"), count = html("dd"), code = html("code"), built = html("dd"), paper = html("dd");
    const panel = html("div", { class: "um-panel", id: `${group}-panel`, role: "status" }, title, says,
      html("dl", {}, html("dt", {}, "Shape"), shape, html("dt", {}, "Parameters"), count,
        html("dt", {}, "Code"), html("dd", {}, code), html("dt", {}, "Built in"), built, html("dt", {}, "Paper"), paper));
    el.append(
      html("div", { class: "um-settings" },
        html("fieldset", {}, html("legend", {}, "Model"), html("div", {}, ...Object.entries(MODELS).map(radio))),
        ...sliders.map(({ node }) => node)),
      html("div", { class: "um-both" }, panel, map));

    function choose(id) {
      if (model.get("box") === id) return;
      model.set("box", id);
      model.save_changes();
    }

    function reset() { // another model brings its own lengths
      const sizes = model.get("sizes")[model.get("model")];
      for (const { name, input } of sliders) { lengths[name] = sizes[name]; input.value = sizes[name]; }
      el.querySelectorAll("input[type=radio]").forEach((input) => { input.checked = input.value === model.get("model"); });
      draw();
    }

    function parameters(box, sizes) {
      if (box.weights === "tied") return "none of its own: the target's table";
      if (!box.weights) return "none";
      const name = model.get("model"), n = COUNTS[box.weights](sizes, name), shared = name !== "speller";
      if (box.weights.endsWith("_table")) return grouped(n) + (shared ? ", one table for source, target and output" : "");
      return `${grouped(n)}, in each of ${sizes.n_layers} layers`;
    }

    function draw() {
      const sizes = { ...model.get("sizes")[model.get("model")], ...lengths };
      const box = byId.get(model.get("box"));
      for (const { name, value } of sliders) value.textContent = String(lengths[name]);
      for (const [id, node] of nodes) node.setAttribute("aria-pressed", String(id === box.id));
      stacks.forEach((stack) => { stack.firstChild.textContent = `× ${sizes.n_layers}`; });
      const names = box.shape.split(", ");
      title.replaceChildren(box.title, html("small", {}, box.column === 0 ? " source side" : " target side"));
      says.textContent = box.says.replace(/\((B, n_heads, \w, \w)\)/,
        (_, text) => `(${text}) = (${text.split(", ").map((name) => sizes[name]).join(", ")})`);
      shape.dataset.shape = names.map((name) => sizes[name]).join(", ");
      shape.replaceChildren(`(${names.join(", ")}) = `, html("b", {}, `(${shape.dataset.shape})`));
      count.textContent = parameters(box, sizes);
      code.textContent = box.code;
      built.textContent = `chapter ${box.chapter}: unmasked.${box.name}`;
      paper.textContent = `Vaswani et al. 2017, ${box.section}`;
    }

    reset();
    const undo = [follow(model, ["box"], draw), follow(model, ["model"], reset)];
    return () => undo.forEach((f) => f());
  },
};
