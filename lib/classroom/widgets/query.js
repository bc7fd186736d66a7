// One query among keys in the plane: scores, weights that add up to 1, and their average.
const SIDE = 340, LOW = -2, HIGH = 1, PER_DECADE = 20; // the slider: decades of temperature
const ROOT = 3; // its notch for √2: 10^(3/20) = 1.4125
const fromNotch = (n) => (n === ROOT ? Math.SQRT2 : 10 ** (n / PER_DECADE));
const toNotch = (t) => Math.round(Math.log10(t) * PER_DECADE);

function softmax(scores) {
  const top = Math.max(...scores), powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
const minus = (text) => text.replace("-", "−");
const fixed = (value) => minus((Math.abs(value) < 0.005 ? 0 : value).toFixed(2));
const plain = (value) => minus(String(Number(value.toPrecision(3))));
const vector = (row, write) => (row.length === 1 ? write(row[0]) : `(${row.map(write).join(", ")})`);
function nice(most) { // 1, 2 or 5 times a power of ten, about a quarter of `most`
  const power = 10 ** Math.floor(Math.log10(most / 4));
  return power * [1, 2, 5, 10].find((n) => n * power >= most / 4);
}

export default {
  render({ model, el }) {
    own(el);
    const points = model.get("points"), labels = model.get("labels"), values = model.get("values");
    const most = Math.max(0.1, ...[...points, model.get("query")].flat().map(Math.abs)) * 1.35;
    const tick = nice(most), step = tick / 10, digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    const px = (value) => SIDE / 2 + (value / most) * (SIDE / 2 - 4);
    const at = ([x, y]) => [px(x), px(-y)];
    const round = (value) => Number(Math.max(-most, Math.min(most, value)).toFixed(digits));

    const plane = svg("svg", { class: "um-plane", viewBox: `0 0 ${SIDE} ${SIDE}`, pointerdown: press, pointermove: drag });
    const arrows = svg("g"), names = svg("g");
    const line = svg("line"), grip = svg("circle", { class: "um-grip", r: 9 }), reach = svg("circle", { class: "um-reach", r: 22 });
    const bound = round(most * 0.999);
    const handle = svg("g", { class: "um-handle", tabindex: 0, role: "slider", "aria-label": "Query: arrow keys move it, with Shift further",
      "aria-roledescription": "point in the plane", "aria-valuemin": -bound, "aria-valuemax": bound, keydown: key }, line, reach, grip);
    plane.append(...backdrop(), arrows, handle, names);

    const input = html("input", { type: "range", min: LOW * PER_DECADE, max: HIGH * PER_DECADE, step: 1,
      input: () => move("temperature", fromNotch(+input.value)) });
    const output = html("b", { "aria-hidden": "true" });
    const root = html("button", { type: "button", click: () => move("temperature", Math.SQRT2),
      style: `--at: ${(ROOT / PER_DECADE - LOW) / (HIGH - LOW)}` }, "√dₖ = √2");
    const head = (text) => html("th", { scope: "col" }, text);
    const body = html("tbody"), sum = html("td", { class: "um-weight" });
    const table = html("table", { class: "um-table" },
      html("thead", {}, html("tr", {}, head("key"), ...(values.length ? [head("value")] : []), head("score q·k"), head("weight"))),
      body, html("tfoot", {}, html("tr", {}, html("th", { scope: "row" }, "sum"), ...(values.length ? [html("td")] : []), html("td"), sum)));
    const sentence = html("p", { class: "um-sentence", role: "status" });
    el.append(
      html("div", { class: "um-pair" }, html("div", { class: "um-plane-box" }, plane),
        html("div", { class: "um-numbers" },
          html("label", { class: "um-heat-slider" }, html("span", {}, "Temperature: divides each score", output), input),
          html("div", { class: "um-ends" }, html("span", {}, "0.01 cold"), root, html("span", {}, "10 hot")), table)),
      sentence);

    function backdrop() {
      const nodes = [];
      for (let n = Math.ceil(-most / tick); n * tick <= most; n++) {
        const place = px(n * tick), kind = n ? "um-grid" : "um-axis";
        nodes.push(svg("path", { class: kind, d: `M${place},0V${SIDE}M0,${place}H${SIDE}` }));
        if (n) nodes.push(svg("text", { class: "um-number", x: place, y: SIDE - 6 }, plain(n * tick)));
      }
      return nodes;
    }
    function move(name, value) {
      model.set(name, value);
      model.save_changes();
      draw();
    }

    let dragging = null;
    function press(event) { // a finger that misses the handle scrolls the page
      if (event.pointerType !== "mouse" && !handle.contains(event.target)) return;
      dragging = event.pointerId;
      plane.setPointerCapture(dragging);
      handle.focus({ preventScroll: true });
      event.preventDefault();
      drag(event);
    }
    function drag(event) {
      if (event.pointerId !== dragging || !event.buttons) return;
      const box = plane.getBoundingClientRect();
      const place = (part, size) => ((part / size - 0.5) * SIDE * most) / (SIDE / 2 - 4);
      move("query", [round(place(event.clientX - box.left, box.width)), round(-place(event.clientY - box.top, box.height))]);
    }
    function key(event) {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by) return;
      event.preventDefault();
      const far = step * (event.shiftKey ? 5 : 1);
      move("query", model.get("query").map((value, n) => round(value + far * by[n])));
    }

    function draw() {
      const query = model.get("query"), temperature = model.get("temperature");
      const scores = points.map((point) => point[0] * query[0] + point[1] * query[1]);
      const weights = softmax(scores.map((score) => score / temperature));
      const best = weights.indexOf(Math.max(...weights));
      const percent = (weight) => `--w: ${(100 * weight).toFixed(1)}%`;

      arrows.replaceChildren(...points.map((point, n) => {
        const [x, y] = at(point);
        return svg("g", { style: percent(weights[n]) },
          svg("path", { class: "um-arrow", d: `M${px(0)},${px(0)}L${x},${y}`, "stroke-width": 1.5 + 5 * weights[n] }),
          svg("circle", { class: "um-tip", cx: x, cy: y, r: 5 + 3 * weights[n] }));
      }));
      const name = (text, [x, y], up, more) => { // kept inside the plane
        const half = Math.min(SIDE / 2, 4 + 3.8 * [...text].length);
        return svg("text", { x: Math.max(half, Math.min(SIDE - half, x)), y: y + (up ? -13 : 22), ...more }, text);
      };
      names.replaceChildren(
        ...points.map((point, n) => name(labels[n], at(point), point[1] >= 0, {})),
        name("query", at(query), query[1] < 0, { class: "um-query", "aria-hidden": "true" }));
      const [x, y] = at(query);
      for (const node of [grip, reach]) { node.setAttribute("cx", x); node.setAttribute("cy", y); }
      Object.entries({ x1: px(0), y1: px(0), x2: x, y2: y }).forEach(([side, place]) => line.setAttribute(side, place));
      handle.setAttribute("aria-valuenow", query[0]);
      handle.setAttribute("aria-valuetext", vector(query, plain));

      input.value = toNotch(temperature);
      const shown = Math.abs(temperature - Math.SQRT2) < 1e-6 ? "√2 ≈ 1.41" : String(Number(temperature.toPrecision(2)));
      output.textContent = shown;
      input.setAttribute("aria-valuetext", shown);
      body.replaceChildren(...points.map((_, n) => html("tr", { class: n === best ? "um-most" : null },
        html("th", { scope: "row", title: labels[n] }, labels[n]),
        ...(values.length ? [html("td", {}, vector(values[n], plain))] : []),
        html("td", { "data-score": scores[n] }, fixed(scores[n])),
        html("td", { class: "um-weight", "data-weight": weights[n] },
          html("div", {}, html("i", { style: percent(weights[n]), "aria-hidden": "true" }), weights[n].toFixed(2))))));
      const total = weights.reduce((a, b) => a + b);
      sum.textContent = total.toFixed(2);
      const parts = [`Query ${vector(query, plain)}: most weight on “${labels[best]}”, ${weights[best].toFixed(2)}; ` +
        `the weights add up to ${total.toFixed(2)}.`];
      if (values.length) {
        const answer = values[0].map((_, j) => values.reduce((all, row, n) => all + weights[n] * row[j], 0));
        sentence.dataset.answer = JSON.stringify(answer);
        parts.push(" Output, the weighted average of the values: ", html("b", {}, vector(answer, fixed)), ".");
      }
      sentence.replaceChildren(...parts);
    }

    draw();
    return follow(model, ["query", "temperature"], draw);
  },
};
