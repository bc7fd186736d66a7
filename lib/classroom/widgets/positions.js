// Sinusoidal positions four ways: the table, one row, one pair on its circle, dot products.
const WIDE = 340, HIGH = 250, LEFT = 40, RIGHT = 332, TOP = 10, BOTTOM = 206; // every plot's frame
const LEVELS = 12; // shades on each side of 0
const CIRCLE = { x: 170, y: 122, r: 92 };
const DOT = "m-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z", SQUARE = "m-5.5,-5.5h11v11h-11z";

const minus = (text) => text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const fixed = (value, digits = 2) => minus(value.toFixed(digits));

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-positions");
    const length = model.get("max_len"), d = model.get("d_model");
    const speed = (i) => 10000 ** ((-2 * i) / d); // radians per position
    const row = (pos) => Array.from({ length: d }, (_, n) => (n % 2 ? Math.cos : Math.sin)(pos * speed(Math.floor(n / 2))));
    const rows = Array.from({ length: 2 * length }, (_, pos) => row(pos)); // an offset may lead beyond the table
    const dot = (a, b) => a.reduce((sum, value, n) => sum + value * b[n], 0);

    const slider = (name, text, most) => {
      const input = html("input", { type: "range", min: 0, max: most, step: 1, input: () => move({ [name]: +input.value }) });
      const output = html("b", { "aria-hidden": "true" });
      return { name, input, output, node: html("label", { class: "um-slider" }, html("span", {}, text), output, input) };
    };
    const sliders = [
      slider("position", "Position pos", length - 1),
      slider("pair", "Pair i of dimensions", d / 2 - 1),
      slider("offset", "Offset k", length - 1),
    ];
    const plot = (more) => svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", ...more });
    const table = plot({ class: "um-table", pointerdown: point, pointermove: (event) => { if (event.buttons) point(event); } });
    const curve = plot(), circle = plot(), products = plot();
    const tile = (title, drawing, ...more) => html("section", {}, html("p", {}, title), drawing, ...more);
    const swatch = (shape, colour) => svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: `M0,0${shape}`, fill: colour }));
    const sentence = html("p", { class: "um-said", role: "status" });
    el.append(
      html("div", { class: "um-sliders" }, ...sliders.map(({ node }) => node)),
      html("ul", { class: "um-key" },
        html("li", {}, swatch(DOT, "var(--um-violet)"), "at pos"), html("li", {}, swatch(SQUARE, "var(--um-teal)"), "at pos + k"),
        html("li", {}, "−1", html("i", { class: "um-scale" }), "+1")),
      html("div", { class: "um-tiles" },
        tile("A row for each position", table),
        tile("The pair on its circle, before and after k", circle),
        tile("The row at pos: sines solid, cosines dashed", curve),
        tile("Dot product of the rows at pos and pos + k", products)),
      sentence);

    function move(values) {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      draw();
    }
    function point(event) {
      const box = table.getBoundingClientRect(), scale = WIDE / box.width;
      const at = (place, from, to, count) => Math.min(count - 1, Math.max(0, Math.floor(((place - from) / (to - from)) * count)));
      move({ position: at((event.clientY - box.top) * scale, TOP, BOTTOM, length), pair: at((event.clientX - box.left) * scale, LEFT, RIGHT, d / 2) });
    }
    const text = (x, y, content, more = {}) => svg("text", { x, y, ...more }, content);
    const end = { "text-anchor": "end" }, middle = { "text-anchor": "middle" };
    const mark = (x, y, shape, colour) => svg("path", { class: "um-mark", d: `M${x},${y}${shape}`, fill: colour });
    const across = (n, count) => LEFT + ((RIGHT - LEFT) * n) / count;
    const down = (n, count) => TOP + ((BOTTOM - TOP) * n) / count;

    // One path for each shade: the table never changes.
    const cells = new Map();
    for (let pos = 0; pos < length; pos++) for (let n = 0; n < d; n++) {
      const level = Math.round(rows[pos][n] * LEVELS);
      cells.set(level, `${cells.get(level) ?? ""}M${n},${pos}h1v1h-1z`);
    }
    const shades = svg("g", { class: "um-cells", transform: `translate(${LEFT},${TOP}) scale(${(RIGHT - LEFT) / d},${(BOTTOM - TOP) / length})` },
      ...[...cells].map(([level, path]) => svg("path", { d: path, "data-level": level,
        fill: `color-mix(in oklab, var(${level < 0 ? "--um-orange" : "--um-blue"}) ${(100 * Math.abs(level)) / LEVELS}%, var(--um-paper))` })));

    function drawTable(pos, i, k) {
      const high = (BOTTOM - TOP) / length;
      const line = (n, shape, colour) => [
        ...["um-halo", "um-line"].map((kind) => svg("rect", { class: kind, x: LEFT, y: down(n, length), width: RIGHT - LEFT, height: high })),
        mark(LEFT - 9, down(n + 0.5, length), shape, colour)];
      table.replaceChildren(shades,
        ...["um-halo", "um-line"].map((kind) => svg("rect", { class: kind, x: across(2 * i, d), y: TOP, width: (2 * (RIGHT - LEFT)) / d, height: BOTTOM - TOP })),
        ...line(pos, DOT, "var(--um-violet)"), ...(pos + k < length ? line(pos + k, SQUARE, "var(--um-teal)") : []),
        text(20, TOP + 10, "0", end), text(20, BOTTOM, length - 1, end),
        text(LEFT, BOTTOM + 17, "0"), text(RIGHT, BOTTOM + 17, d - 1, end), text((LEFT + RIGHT) / 2, BOTTOM + 17, "dimension", middle),
        text((LEFT + RIGHT) / 2, HIGH - 6, pos + k < length ? "" : `row ${pos + k} lies below the table`, middle));
      table.setAttribute("aria-label", `Heat map of ${length} positions and ${d} dimensions: stripes of sine and cosine, fast on the left and ever slower to the right.`);
    }

    function drawCurve(pos, i) {
      const y = (value) => down(1 - value, 2), x = (n) => across(n + 0.5, d);
      const line = (first) => rows[pos].map((value, n) => [x(n), y(value), n]).filter(([, , n]) => n % 2 === first);
      const path = (points) => `M${points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join("L")}`;
      curve.replaceChildren(
        svg("rect", { class: "um-band", x: across(2 * i, d), y: TOP, width: (2 * (RIGHT - LEFT)) / d, height: BOTTOM - TOP }),
        ...[1, 0, -1].flatMap((n) => [svg("path", { class: n ? "um-grid" : "um-axis", d: `M${LEFT},${y(n)}H${RIGHT}` }), text(LEFT - 6, y(n) + 4, fixed(n, 0), end)]),
        svg("path", { class: "um-sine", d: path(line(0)) }), svg("path", { class: "um-cosine", d: path(line(1)) }),
        ...[2 * i, 2 * i + 1].map((n) => svg("circle", { class: n % 2 ? "um-cosine" : "um-sine", cx: x(n), cy: y(rows[pos][n]), r: 5 })),
        text(LEFT, BOTTOM + 17, "0"), text(RIGHT, BOTTOM + 17, d - 1, end), text((LEFT + RIGHT) / 2, BOTTOM + 17, "dimension", middle),
        text((LEFT + RIGHT) / 2, HIGH - 6, `sin ${fixed(rows[pos][2 * i])}, cos ${fixed(rows[pos][2 * i + 1])}`, { ...middle, class: "um-value" }));
      curve.dataset.row = JSON.stringify(rows[pos]);
      curve.setAttribute("aria-label", `Row ${pos}: at pair ${i} the sine is ${fixed(rows[pos][2 * i])}, the cosine ${fixed(rows[pos][2 * i + 1])}.`);
    }

    function drawCircle(pos, i, k) {
      const { x, y, r } = CIRCLE, turn = k * speed(i);
      const at = (angle, far = 1) => [x + r * far * Math.sin(angle), y - r * far * Math.cos(angle)];
      const [here, there] = [pos, pos + k].map((n) => [x + r * rows[n][2 * i], y - r * rows[n][2 * i + 1]]);
      const steps = Math.ceil(turn * 12) + 1; // a spiral, so that several turns can be counted
      const spiral = Array.from({ length: steps + 1 }, (_, n) => at((pos * speed(i)) + (turn * n) / steps, 0.3 + (0.3 * turn * n) / steps / Math.max(12, turn)));
      circle.replaceChildren(
        svg("circle", { class: "um-round", cx: x, cy: y, r }),
        svg("path", { class: "um-grid", d: `M${x - r - 12},${y}H${x + r + 12}M${x},${y - r - 12}V${y + r + 12}` }),
        text(x + r + 16, y + 4, "sin"), text(x + 6, y - r - 8, "cos"),
        svg("path", { class: "um-here", d: `M${x},${y}L${here}` }), svg("path", { class: "um-there", d: `M${x},${y}L${there}` }),
        svg("path", { class: "um-turn", d: `M${spiral.map((place) => place.map((value) => value.toFixed(1))).join("L")}` }),
        mark(...here, DOT, "var(--um-violet)"), mark(...there, SQUARE, "var(--um-teal)"),
        text(x, HIGH - 6, `turned by k · ω = ${fixed(turn)} rad, ${fixed(turn / 2 / Math.PI)} of a turn`, { ...middle, class: "um-value" }));
      const said = (n) => `(${fixed(rows[n][2 * i])}, ${fixed(rows[n][2 * i + 1])})`;
      circle.dataset.pairs = JSON.stringify([pos, pos + k].map((n) => rows[n].slice(2 * i, 2 * i + 2)));
      circle.setAttribute("aria-label", `Pair ${i} on the unit circle: ${said(pos)} at position ${pos}, ${said(pos + k)} at ${pos + k}.`);
    }

    function drawProducts(pos, k) {
      const values = Array.from({ length }, (_, n) => dot(rows[pos], rows[pos + n]));
      const low = Math.min(0, Math.floor(Math.min(...values))), top = d / 2;
      const y = (value) => down(top - value, top - low), x = (n) => across(n, length - 1);
      products.replaceChildren(
        ...[...new Set([top, 0, low])].flatMap((n) => [svg("path", { class: n ? "um-grid" : "um-axis", d: `M${LEFT},${y(n)}H${RIGHT}` }), text(LEFT - 6, y(n) + 4, fixed(n, 0), end)]),
        svg("path", { class: "um-product", d: `M${values.map((value, n) => `${x(n).toFixed(1)},${y(value).toFixed(1)}`).join("L")}` }),
        svg("path", { class: "um-cursor", d: `M${x(k)},${TOP}V${BOTTOM}` }), mark(x(k), y(values[k]), SQUARE, "var(--um-teal)"),
        text(LEFT, BOTTOM + 17, "0"), text(RIGHT, BOTTOM + 17, length - 1, end), text((LEFT + RIGHT) / 2, BOTTOM + 17, "offset k", middle),
        text((LEFT + RIGHT) / 2, HIGH - 6, `PE(${pos}) · PE(${pos + k}) = ${fixed(values[k])}`, { ...middle, class: "um-value" }));
      products.setAttribute("aria-label", `Dot product against offset: ${fixed(top, 0)} at offset 0, ${fixed(values[k])} at offset ${k}.`);
      return values[k];
    }

    function draw() {
      const [pos, i, k] = sliders.map(({ name }) => model.get(name));
      sliders.forEach(({ name, input, output }) => {
        input.value = output.textContent = model.get(name);
        input.setAttribute("aria-valuetext", name === "pair" ? `${i}: dimensions ${2 * i} and ${2 * i + 1}` : model.get(name));
      });
      drawTable(pos, i, k);
      drawCurve(pos, i);
      drawCircle(pos, i, k);
      const product = drawProducts(pos, k);
      const others = rows.slice(0, length).map((start, n) => dot(start, rows[n + k]));
      const spread = Math.max(...others) - Math.min(...others);
      sentence.dataset.dot = product;
      sentence.textContent = `Pair ${i} turns once in ${Number(((2 * Math.PI) / speed(i)).toPrecision(3))} positions. ` +
        `The rows at ${pos} and ${pos + k} have the dot product ${fixed(product)}; started at any of the ${length} positions, ` +
        `an offset of ${k} gives ${spread < 1e-9 ? "the same" : `values up to ${spread.toPrecision(1)} apart`}.`;
    }

    draw();
    return follow(model, ["position", "pair", "offset"], draw);
  },
};
