// Norm of a gradient after k steps back in time: the bound σᵏ beside what was measured.
const LOW = -12, HIGH = 6; // decades on the vertical axis
const ROUNDED = 2 ** -24; // 1 + x is 1 in float32 from here down
const MARKS = [ // per curve: colour, and a shape, since colour alone is not enough
  ["var(--um-blue)", "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z"],
  ["var(--um-orange)", "M-4.5,-4.5h9v9h-9Z"],
  ["var(--um-violet)", "M0,-6.5L6.5,0L0,6.5L-6.5,0Z"],
  ["var(--um-teal)", "M0,-6L6,5H-6Z"],
];

const superscript = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
const power = (n) => (n === 0 ? "1" : `10${superscript(n)}`);
function number(value) {
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Number(value.toPrecision(2))));
  if (exponent >= -2 && exponent < 3) return String(Number(value.toPrecision(2)));
  return `${(value / 10 ** exponent).toFixed(1)} × 10${superscript(exponent)}`;
}
function meaning(norm) {
  if (norm <= ROUNDED) return "added to a gradient of 1 in float32, it changes nothing";
  if (norm < 0.01) return "the update hardly hears that input";
  if (norm < 0.5) return "that input is heard, but more faintly than the newest one";
  if (norm <= 2) return "that input is heard about as clearly as the newest one";
  if (norm <= 100) return "that input is louder than the newest one";
  return "it explodes: that input drowns out all others, and only clipping saves the step";
}

export default {
  render({ model, el }) {
    own(el);
    const scales = model.get("scales");
    const measured = Object.entries(model.get("measured"));
    const steps = measured.length ? measured[0][1][0].length - 1 : 100;

    function slider(text, min, max, change) {
      const input = html("input", { type: "range", min, max, step: 1, input: () => change(+input.value) });
      // Not an <output>: the label would then belong to it. Readers of the slider hear valuetext.
      const output = html("b", { "aria-hidden": "true" });
      return { input, output, row: html("label", { class: "um-slider" }, html("span", {}, text), output, input) };
    }
    const scaleSlider = slider("Largest singular value σ of the recurrent matrix", 0, scales.length - 1,
      (n) => move("scale", scales[n]));
    const distanceSlider = slider("Distance k: steps back to the input", 1, steps, (n) => move("distance", n));
    const plot = svg("svg", { class: "um-plot", role: "img", pointerdown: drag, pointermove: drag });
    const key = html("ul", { class: "um-key" });
    const sentence = html("p", { class: "um-sentence", role: "status" });
    el.append(html("div", { class: "um-sliders" }, scaleSlider.row, distanceSlider.row), plot, key, sentence);

    function move(name, value) {
      model.set(name, value);
      model.save_changes();
      draw();
    }

    let width = 0, x; // x(k): pixels from the plot's left edge
    function drag(event) {
      if (!event.buttons) return;
      const left = plot.getBoundingClientRect().left;
      const k = Math.round(((event.clientX - left - x(0)) / (x(steps) - x(0))) * steps);
      move("distance", Math.min(steps, Math.max(1, k)));
    }

    function draw() {
      const scale = model.get("scale"), distance = model.get("distance"), at = scales.indexOf(scale);
      const curves = measured.map(([name, rows], n) => (
        { name, norms: rows[at], colour: MARKS[n % 4][0], shape: MARKS[n % 4][1] }));
      const bound = Array.from({ length: steps + 1 }, (_, k) => scale ** k);

      scaleSlider.input.value = at;
      distanceSlider.input.value = distance;
      scaleSlider.output.textContent = scale.toFixed(2);
      distanceSlider.output.textContent = distance;
      scaleSlider.input.setAttribute("aria-valuetext", scale.toFixed(2));
      distanceSlider.input.setAttribute("aria-valuetext", `${distance} steps`);

      chart(distance, [{ name: "bound", norms: bound, dashed: true, colour: "var(--um-soft)" }, ...curves]);
      plot.setAttribute("aria-label",
        `Gradient norm against distance on a logarithmic axis, at σ = ${scale.toFixed(2)}. ` +
        `The bound ${scale < 1 ? "falls" : scale > 1 ? "rises" : "stays at 1"}` +
        `${scale === 1 ? "" : ` from 1 to ${number(bound[steps])} after ${steps} steps`}.`);

      const entry = (colour, name, norm, shape) => html("li", {},
        svg("svg", { class: "um-swatch", viewBox: "0 -8 30 16", "aria-hidden": "true" },
          svg("path", { d: "M1,0H29", stroke: colour, "stroke-dasharray": shape ? null : "5 4" }),
          ...(shape ? [svg("path", { d: shape, transform: "translate(15,0)", fill: colour })] : [])),
        html("span", {}, name), html("b", {}, number(norm)));
      key.replaceChildren(
        entry("var(--um-soft)", "Bound for an RNN, σᵏ", bound[distance]),
        ...curves.map((c) => entry(c.colour, `${c.name}, measured`, c.norms[distance], c.shape)));
      const first = curves[0], norm = (first?.norms ?? bound)[distance];
      sentence.textContent = `After ${distance} ${distance === 1 ? "step" : "steps"} a gradient of 1 ` +
        `${first ? `has become ${number(norm)} in the ${first.name}` : `is at most ${number(norm)}`}: ${meaning(norm)}.`;
    }

    function chart(distance, curves) {
      const height = Math.round(Math.min(360, Math.max(264, width * 0.5)));
      const left = 44, right = width - 12, top = 26, bottom = height - 44;
      x = (k) => left + (k / steps) * (right - left);
      const log = (norm) => Math.min(HIGH, Math.max(LOW, Math.log10(norm)));
      const y = (norm) => bottom - ((log(norm) - LOW) / (HIGH - LOW)) * (bottom - top);
      const text = (tx, ty, content, more = {}) => svg("text", { x: tx, y: ty, ...more }, content);

      const nodes = [
        svg("rect", { class: "um-vanished", x: left, y: y(ROUNDED), width: right - left, height: bottom - y(ROUNDED) }),
        svg("rect", { class: "um-exploded", x: left, y: top, width: right - left, height: y(100) - top }),
      ];
      for (let n = LOW; n <= HIGH; n += 3) nodes.push(
        svg("path", { class: n ? "um-grid" : "um-one", d: `M${left},${y(10 ** n)}H${right}` }),
        text(left - 6, y(10 ** n) + 4, power(n), { "text-anchor": "end" }));
      for (let n = 0; n <= 5; n++) nodes.push(
        text(x((steps * n) / 5), bottom + 17, String(Math.round((steps * n) / 5)), { "text-anchor": "middle" }));
      nodes.push(
        text(8, 14, "gradient norm, logarithmic"),
        text((left + right) / 2, height - 6, "distance k, in steps back", { "text-anchor": "middle" }),
        svg("path", { class: "um-cursor", d: `M${x(distance)},${top}V${bottom}` }));
      for (const { norms, colour, dashed } of curves) {
        // A curve ends where it leaves the axis; the arrowhead below says that it goes on.
        const over = norms.findIndex((norm, k) => k > 0 && log(norm) !== Math.log10(norm));
        const shown = over < 0 ? norms : norms.slice(0, over + 1);
        const d = shown.map((norm, k) => `${k ? "L" : "M"}${x(k).toFixed(1)},${y(norm).toFixed(1)}`).join("");
        nodes.push(svg("path", { class: "um-curve", d, stroke: colour, "stroke-dasharray": dashed ? "6 5" : null }));
      }
      nodes.push(
        text(right - 6, top + 16, "explodes", { class: "um-zone", "text-anchor": "end" }),
        text(right - 6, y(1) - 6, "unchanged", { class: "um-zone", "text-anchor": "end" }),
        text(left + 6, bottom - 7, width < 480 ? "vanishes" : "vanishes: rounded away in float32", { class: "um-zone" }));
      for (const { norms, colour, shape, name } of curves) {
        const norm = norms[distance], out = norm > 10 ** HIGH ? 1 : norm < 10 ** LOW ? -1 : 0;
        const mark = out ? `M-6,0H6L0,${-9 * out}Z` : shape ?? "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z";
        nodes.push(svg("path", { class: "um-mark", "data-curve": name, d: mark, fill: colour,
          transform: `translate(${x(distance)},${y(norm) + out * 9})` }));
      }
      plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
      plot.setAttribute("height", height);
      plot.replaceChildren(...nodes);
    }

    // Drawn at the true width, so that letters keep their size on a phone.
    const observer = new ResizeObserver(() => {
      const now = Math.round(plot.clientWidth);
      if (now > 0 && now !== width) { width = now; draw(); }
    });
    observer.observe(plot);
    width = Math.round(plot.clientWidth) || 600;
    draw();
    const unfollow = follow(model, ["scale", "distance"], draw);
    return () => { observer.disconnect(); unfollow(); };
  },
};
