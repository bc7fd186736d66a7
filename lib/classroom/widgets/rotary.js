// A query and a key turned by their positions: a dial for each pair, and the score.
const SIDE = 150, CENTRE = 75, REACH = 62; // a dial
const WIDE = 460, HIGH = 200, LEFT = 50, RIGHT = 448, TOP = 14, BOTTOM = 146; // the curve
const DOT = "m-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z", SQUARE = "m-5.5,-5.5h11v11h-11z";

const minus = (text) => text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const fixed = (value, digits = 2) => minus(value.toFixed(digits));

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-rotary");
    const query = model.get("query"), key = model.get("key"), speeds = model.get("speeds"), length = model.get("length");
    const longest = Math.max(1e-9, ...[query, key].flatMap((v) => speeds.map((_, i) => Math.hypot(v[2 * i], v[2 * i + 1]))));
    const turn = (vector, i, position) => {
      const angle = position * speeds[i], [a, b] = [vector[2 * i], vector[2 * i + 1]];
      return [a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)];
    };
    const part = (i, m, n) => {
      const [a, b] = turn(query, i, m), [c, d] = turn(key, i, n);
      return a * c + b * d;
    };
    const score = (m, n) => speeds.reduce((sum, _, i) => sum + part(i, m, n), 0);
    const offsets = Array.from({ length: 2 * length - 1 }, (_, k) => k - length + 1);
    const scores = offsets.map((k) => score(k, 0));
    const low = Math.min(0, ...scores), high = Math.max(0, ...scores), span = high - low || 1;

    const slider = (trait, text, shape, colour) => {
      const input = html("input", { type: "range", min: 0, max: length - 1, step: 1, input: () => move({ [trait]: +input.value }) });
      const output = html("b", { "aria-hidden": "true" });
      const swatch = svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: `M0,0${shape}`, fill: colour }));
      return { trait, input, output, node: html("label", { class: "um-slider" }, html("span", {}, swatch, text), output, input) };
    };
    const sliders = [
      slider("query_position", "Position of the query", DOT, "var(--um-violet)"),
      slider("key_position", "Position of the key", SQUARE, "var(--um-teal)"),
    ];
    const both = (step, text) => html("button", { type: "button", click: () => {
      const [m, n] = places();
      if (room(step)) move({ query_position: m + step, key_position: n + step });
    } }, text);
    const buttons = [both(-1, "Both back"), both(1, "Both on")];
    const dials = speeds.map((_, i) => {
      const drawing = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
      const value = html("span", { class: "um-part" });
      return { drawing, value, node: html("section", {}, html("p", {}, `Pair ${i}: ${speeds[i] >= 0.095 ? fixed(speeds[i]) : speeds[i].toPrecision(2)} rad`), drawing, value) };
    });
    const curve = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", class: "um-curve" });
    const sentence = html("p", { class: "um-said", role: "status" });
    el.append(
      html("div", { class: "um-sliders" }, ...sliders.map(({ node }) => node)),
      html("div", { class: "um-both" }, ...buttons),
      html("div", { class: "um-dials" }, ...dials.map(({ node }) => node)),
      html("p", { class: "um-title" }, "Score, by the offset: position of the query less that of the key"),
      curve, sentence);

    const places = () => sliders.map(({ trait }) => model.get(trait));
    const room = (step) => places().every((place) => place + step >= 0 && place + step < length);
    function move(values) {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      draw();
    }
    const text = (x, y, content, more = {}) => svg("text", { x, y, ...more }, content);
    const end = { "text-anchor": "end" }, middle = { "text-anchor": "middle" };
    const mark = (x, y, shape, colour) => svg("path", { class: "um-mark", d: `M${x.toFixed(1)},${y.toFixed(1)}${shape}`, fill: colour });

    function drawDial(i, m, n) {
      const { drawing, value } = dials[i];
      const tip = (vector, position) => turn(vector, i, position).map((v) => (v / longest) * REACH);
      const [[qx, qy], [kx, ky]] = [tip(query, m), tip(key, n)];
      drawing.replaceChildren(
        svg("circle", { class: "um-round", cx: CENTRE, cy: CENTRE, r: REACH }),
        svg("path", { class: "um-grid", d: `M${CENTRE - REACH},${CENTRE}h${2 * REACH}M${CENTRE},${CENTRE - REACH}v${2 * REACH}` }),
        svg("path", { class: "um-key", d: `M${CENTRE},${CENTRE}l${kx.toFixed(1)},${(-ky).toFixed(1)}` }),
        svg("path", { class: "um-query", d: `M${CENTRE},${CENTRE}l${qx.toFixed(1)},${(-qy).toFixed(1)}` }),
        mark(CENTRE + kx, CENTRE - ky, SQUARE, "var(--um-teal)"),
        mark(CENTRE + qx, CENTRE - qy, DOT, "var(--um-violet)"));
      const product = part(i, m, n);
      value.textContent = `dot product ${fixed(product)}`;
      drawing.dataset.part = product;
      drawing.setAttribute("aria-label", `Pair ${i}: the query is turned by ${fixed(m * speeds[i])} radians, the key by ${fixed(n * speeds[i])}; their dot product is ${fixed(product)}.`);
    }

    function drawCurve(m, n) {
      const x = (k) => LEFT + ((RIGHT - LEFT) * (k + length - 1)) / (2 * length - 2), y = (v) => TOP + ((BOTTOM - TOP) * (high - v)) / span;
      const now = score(m, n);
      curve.replaceChildren(
        svg("path", { class: "um-axis", d: `M${LEFT},${y(0)}H${RIGHT}` }),
        svg("path", { class: "um-grid", d: `M${x(0)},${TOP}V${BOTTOM}` }),
        svg("path", { class: "um-line", d: `M${offsets.map((k, j) => `${x(k).toFixed(1)},${y(scores[j]).toFixed(1)}`).join("L")}` }),
        svg("path", { class: "um-cursor", d: `M${x(m - n)},${TOP}V${BOTTOM}` }),
        mark(x(m - n), y(now), DOT, "var(--um-violet)"),
        text(LEFT - 6, y(high) + 5, fixed(high, 1), end), ...(y(low) - y(high) > 20 ? [text(LEFT - 6, y(low) + 5, fixed(low, 1), end)] : []),
        ...[1 - length, 0, length - 1].map((k, j) => text(x(k), BOTTOM + 20, fixed(k, 0), [{}, middle, end][j])),
        text((LEFT + RIGHT) / 2, HIGH - 4, "key after ← offset → key before", middle));
      curve.dataset.score = now;
      curve.setAttribute("aria-label", `Curve of the score over the offset, from ${1 - length} to ${length - 1}; at ${m - n} it is ${fixed(now)}.`);
    }

    function draw() {
      const [m, n] = places(), now = score(m, n);
      sliders.forEach(({ trait, input, output }) => {
        input.value = model.get(trait);
        output.textContent = model.get(trait);
      });
      buttons.forEach((button, j) => button.setAttribute("aria-disabled", String(!room(2 * j - 1))));
      speeds.forEach((_, i) => drawDial(i, m, n));
      drawCurve(m, n);
      const order = m === n ? "Query and key stand at the same place" : `The key stands ${Math.abs(m - n)} ${m > n ? "before" : "after"} the query`;
      sentence.textContent = `${order}, offset ${fixed(m - n, 0)}: the score is ${fixed(now)}. At every other two places with this offset it is the same.`;
    }
    const undo = follow(model, sliders.map(({ trait }) => trait), draw);
    draw();
    return undo;
  },
};
