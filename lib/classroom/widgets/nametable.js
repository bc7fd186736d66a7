// A published tensor: its name and shape there and here, and what is done on the way.
const THIRDS = ["--um-blue", "--um-orange", "--um-teal"];
const BLOCK = ["norm1", "attention", "norm2", "feed-forward"];
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const written = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
const count = (shape) => shape.reduce((a, b) => a * b, 1);
const last = (name) => name.split(".").slice(-2).join(".");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-names");
    const checkpoints = model.get("checkpoints"), done = model.get("done");
    const group = `um-${Math.random().toString(36).slice(2)}`;
    const now = () => checkpoints[model.get("checkpoint")];
    const picked = () => Math.min(model.get("tensor"), now().tensors.length - 1);
    const put = (values) => {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      draw();
    };

    const radios = checkpoints.map(({ name }, n) => html("label", {},
      html("input", { type: "radio", name: group, value: n, change: () => {
        const part = now().tensors[picked()].part; // stay at the same part
        model.set("checkpoint", n);
        put({ tensor: Math.max(0, now().tensors.findIndex((row) => row.part === part)), block: Math.min(model.get("block"), now().blocks - 1) });
      } }), html("span", {}, name)));
    const number = html("b", { "aria-hidden": "true" });
    const slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Block", input: () => put({ block: +slider.value }) });
    const map = html("div", { class: "um-map", role: "group", "aria-label": "Parts of the model, from the ids on" });
    const list = html("div", { class: "um-list", role: "group", "aria-label": "Published tensors of this part" });
    const said = html("div", { class: "um-said", role: "status" });
    const picture = svg("svg", { viewBox: "0 0 340 132", "aria-hidden": "true" });
    el.append(
      html("div", { class: "um-settings" },
        html("fieldset", {}, html("legend", {}, "Checkpoint"), html("div", {}, ...radios)),
        html("label", { class: "um-block" }, html("span", {}, "Block "), number, slider)),
      html("div", { class: "um-both" }, map, html("div", { class: "um-panel" }, list, picture, said)));

    let drawn = null, shown = null; // the buttons are made anew only where they change
    const numbered = (name) => name.replace("#", model.get("block"));

    function buttons() {
      const { parts, blocks, tensors, name } = now(), part = tensors[picked()].part;
      if (drawn !== name) {
        drawn = name;
        const node = (each) => html("button", { type: "button", "data-part": each,
          click: () => put({ tensor: now().tensors.findIndex((row) => row.part === each) }) }, each);
        const inside = parts.filter((each) => BLOCK.includes(each)), at = parts.indexOf(inside[0]);
        map.replaceChildren(...parts.slice(0, at).map(node),
          html("div", { class: "um-stack" }, html("span", { "aria-hidden": "true" }, `× ${blocks}`), ...inside.map(node)),
          ...parts.slice(at + inside.length).map(node));
      }
      map.querySelectorAll("button").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.part === part)));
      if (shown !== `${name} ${part}`) {
        shown = `${name} ${part}`;
        list.replaceChildren(...tensors.flatMap((row, n) => row.part !== part ? [] : [html("button", { type: "button", "data-tensor": n,
          click: () => put({ tensor: n }) }, row.there.length > 1 ? row.there.map((each) => each.split(".").at(-2)).join(", ") + "." + row.there[0].split(".").at(-1) : last(row.there[0]))]));
      }
      list.querySelectorAll("button").forEach((node) => node.setAttribute("aria-pressed", String(+node.dataset.tensor === picked())));
    }

    // A matrix as a rectangle: rows downwards, columns to the right, on a root scale.
    function box(x, y, shape, bands, along, hollow) {
      const side = (n) => 8 + 84 * (n / 3072) ** 0.5, most = (n) => Math.min(side(n), 96);
      const two = shape.length === 4 ? shape.slice(2) : shape.length === 1 ? [shape[0], 1] : shape;
      const h = most(two[0]), w = most(two[1]), top = y - h / 2, parts = [];
      for (let n = 0; n < bands; n += 1) {
        const at = along === 0 ? { x, y: top + (n * h) / bands, width: w, height: h / bands } : { x: x + (n * w) / bands, y: top, width: w / bands, height: h };
        parts.push(svg("rect", { ...at, style: hollow ? "fill: none" : `fill: var(${bands > 1 ? THIRDS[n] : "--um-blue"})` }));
      }
      if (shape.length === 4) parts.push(svg("path", { d: `M${x} ${top}V${top + h}H${x + w}Z`, class: "um-triangle" }));
      return { node: svg("g", {}, ...parts), w, h };
    }

    function paint(row) {
      const fused = row.here.includes("qkv"), three = row.there.length > 1, y = 66, parts = [];
      let x = 8;
      row.there.forEach((_, n) => {
        const drawnThere = box(x, y, row.there_shape, !three && fused ? 3 : 1, row.done === "turned" ? 1 : 0, row.done === "left out");
        if (three) drawnThere.node.querySelector("rect").setAttribute("style", `fill: var(${THIRDS[n]})`);
        parts.push(drawnThere.node);
        x += drawnThere.w + 6;
      });
      const start = x + 4, end = start + 78;
      parts.push(svg("path", { class: "um-arrow", d: `M${start} ${y}H${end}m-6 -4l6 4l-6 4` }), svg("text", { x: (start + end) / 2, y: y - 7 }, row.done));
      if (row.here) parts.push(box(end + 8, y, row.here_shape, fused ? 3 : 1, 0, false).node);
      else parts.push(svg("text", { x: end + 8, y: y + 4, class: "um-end" }, row.done === "tied" ? "= tokens.weight" : "nowhere"));
      picture.replaceChildren(...parts);
    }

    function draw() {
      const { blocks, tensors } = now(), row = tensors[picked()];
      radios.forEach((label, n) => { label.firstChild.checked = n === model.get("checkpoint"); });
      slider.max = blocks - 1;
      slider.value = model.get("block");
      number.textContent = model.get("block");
      buttons();
      const inBlock = row.there[0].includes("#");
      const line = (name, texts, shape) => [html("dt", {}, name), html("dd", {}, ...texts.flatMap((text, n) => [...(n ? [html("br")] : []), html("code", {}, text)]),
        ...(shape ? [html("span", {}, `${texts.length > 1 ? "each " : ""}${written(shape)}, ${grouped(count(shape))} numbers`)] : []))];
      said.replaceChildren(html("dl", {},
        ...line("There", row.there.map(numbered), row.there_shape),
        ...(row.here ? line("Here", [numbered(row.here)], row.here_shape) : [html("dt", {}, "Here"), html("dd", {}, "no tensor")]),
        html("dt", {}, "Done"), html("dd", {}, html("b", {}, row.done), `. ${done[row.done]}`,
          ...(row.done === "turned" && row.there_shape[0] === row.there_shape[1] ? [" It is square: forgotten, it would fit as well."] : [])),
        html("dt", {}, "Place"), html("dd", {}, inBlock ? `${row.part}, in block ${model.get("block")} of ${blocks}` : row.part)));
      paint(row);
    }

    draw();
    return follow(model, ["checkpoint", "tensor", "block"], draw);
  },
};
