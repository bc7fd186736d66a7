// The learning rate over a training: schedule, width, warm-up and peak to choose.
const TITLES = { noam: "the paper's (noam)", cosine: "cosine", linear: "linear" };
const PAPER = { kind: "noam", d_model: 512, warmup: 4000 };

// As unmasked.training computes them; the step counts from 1.
function rate(step, { kind, d_model, warmup, peak }, steps) {
  if (kind === "noam") {
    const rise = Math.max(warmup, 1);
    return d_model ** -0.5 * Math.min(step ** -0.5, step * rise ** -1.5);
  }
  const start = Math.max(warmup, 1), fall = Math.min(1, Math.max(0, (step - start) / (steps + 1 - start)));
  const factor = kind === "cosine" ? 0.5 * (1 + Math.cos(Math.PI * fall)) : 1 - fall;
  return peak * Math.min(step / start, factor);
}
const whole = (n) => n.toLocaleString("en-US");
const raised = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
function number(value) { // three digits
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(2).split("e").map(Number);
  return exponent >= -2 && exponent < 4 ? String(Number(value.toPrecision(3))) : `${digits.toFixed(2)}\u00a0×\u00a010${raised(exponent)}`;
}

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-schedule");
    const steps = model.get("steps");
    const group = `um-${Math.random().toString(36).slice(2)}`;
    let logarithmic = false;

    const set = (name, value) => { model.set(name, value); model.save_changes(); draw(); };
    const radios = (title, name, options, chosen, change) => html("fieldset", {}, html("legend", {}, title),
      html("div", {}, ...options.map(([value, text]) => html("label", {},
        html("input", { type: "radio", name: `${group}-${name}`, value, checked: value === chosen, change: () => change(value) }),
        html("span", {}, text)))));
    function slider(text, name, values, shown) {
      const input = html("input", { type: "range", min: 0, max: values.length - 1, step: 1, input: () => set(name, values[+input.value]) });
      const output = html("b", { "aria-hidden": "true" });
      const row = html("label", { class: "um-slider" }, html("span", {}, text), output, input);
      return { row, show(value, off) {
        input.value = values.indexOf(value);
        input.disabled = off;
        output.textContent = shown(value);
        input.setAttribute("aria-valuetext", shown(value));
        row.classList.toggle("um-off", off);
      } };
    }
    const kinds = radios("Schedule", "kind", model.get("kinds").map((kind) => [kind, TITLES[kind]]), model.get("kind"), (kind) => set("kind", kind));
    const axes = radios("Axes", "axes", [["linear", "linear"], ["log", "logarithmic"]], "linear", (kind) => { logarithmic = kind === "log"; draw(); });
    const sliders = {
      d_model: slider("Width d_model (noam)", "d_model", model.get("widths"), String),
      warmup: slider("Warm-up, in steps", "warmup", model.get("warmups"), whole),
      peak: slider("Peak (cosine, linear)", "peak", model.get("peaks"), number),
    };
    const plot = svg("svg", { class: "um-rates", role: "img" });
    const sentence = html("p", { class: "um-summary", role: "status" });
    el.append(html("div", { class: "um-choices" }, kinds, axes),
      html("div", { class: "um-sliders" }, ...Object.values(sliders).map((each) => each.row)), plot,
      html("ul", { class: "um-key" },
        html("li", {}, html("i", { class: "um-yours", "aria-hidden": "true" }), "yours"),
        html("li", {}, html("i", { class: "um-papers", "aria-hidden": "true" }), "the paper's base model")), sentence);

    let width = 0;
    function draw() {
      const chosen = Object.fromEntries(["kind", "d_model", "warmup", "peak"].map((name) => [name, model.get(name)]));
      kinds.querySelectorAll("input").forEach((input) => { input.checked = input.value === chosen.kind; });
      sliders.d_model.show(chosen.d_model, chosen.kind !== "noam");
      sliders.warmup.show(chosen.warmup, false);
      sliders.peak.show(chosen.peak, chosen.kind === "noam");

      const summit = Math.max(1, chosen.warmup), top = rate(summit, chosen, steps), last = rate(steps, chosen, steps);
      sentence.dataset.peak = top;
      sentence.dataset.last = last;
      sentence.replaceChildren(`The rate rises for ${whole(summit)} ${summit === 1 ? "step" : "steps"} to `, html("b", {}, number(top)),
        `; at the last step, ${whole(steps)}, it is ${number(last)}. ` + (chosen.kind === "noam"
          ? "It does not know how long the training is." : "It falls to 0 at the end, whenever that is."));
      chart(chosen, top);
      plot.setAttribute("aria-label", `Learning rate against the step, ${logarithmic ? "both axes logarithmic" : "linear axes"}: ` +
        `${TITLES[chosen.kind]}, a rise to ${number(top)} at step ${whole(summit)}, then a fall to ${number(last)}. ` +
        `Dashed, the paper's base model, with a peak of ${number(rate(4000, PAPER, steps))} at step 4,000.`);
    }

    function chart(chosen, top) {
      const height = Math.round(Math.min(340, Math.max(250, width * 0.48)));
      const left = 58, right = width - 14, ceiling = 24, floor = height - 42;
      // a few hundred steps; the corner at the end of the warm-up is one of them
      const count = 240, grid = Array.from({ length: count + 1 }, (_, n) => (
        Math.max(1, Math.round(logarithmic ? steps ** (n / count) : (steps * n) / count))));
      const at = [...new Set([...grid, Math.max(1, chosen.warmup), 4000])].filter((n) => n <= steps).sort((a, b) => a - b);
      const most = Math.max(top, rate(4000, PAPER, steps)) * 1.06, decades = 5, high = Math.ceil(Math.log10(most));
      const x = (n) => left + (logarithmic ? Math.log10(n) / Math.log10(steps) : n / steps) * (right - left);
      const y = (value) => floor - (floor - ceiling) * (logarithmic
        ? Math.max(0, (Math.log10(value) - high + decades) / decades) : value / most);
      const text = (tx, ty, content, anchor = "middle") => svg("text", { x: tx, y: ty, "text-anchor": anchor }, content);
      const nodes = [];
      if (logarithmic) {
        for (let n = high - decades; n <= high; n++) nodes.push(
          svg("path", { class: "um-grid", d: `M${left},${y(10 ** n)}H${right}` }), text(left - 6, y(10 ** n) + 4, `10${raised(n)}`, "end"));
        for (let n = 1; n <= steps; n *= 10) nodes.push(text(x(n), floor + 17, n < 1000 ? String(n) : `${whole(n / 1000)}k`));
      } else {
        const unit = 10 ** Math.floor(Math.log10(most)), tick = most / unit > 5 ? 2 * unit : most / unit > 2 ? unit : unit / 2;
        for (let value = 0; value <= most; value += tick) nodes.push(
          svg("path", { class: "um-grid", d: `M${left},${y(value)}H${right}` }), text(left - 6, y(value) + 4, value ? value.toExponential(0) : "0", "end"));
        for (let n = 0; n <= 4; n++) nodes.push(text(x((steps * n) / 4), floor + 17, n ? `${whole((steps * n) / 4000)}k` : "0", n === 4 ? "end" : "middle"));
      }
      nodes.push(text(8, 13, "learning rate", "start"), text((left + right) / 2, height - 6, "step"));
      const line = (settings, name) => svg("path", { class: name,
        d: at.map((n, k) => `${k ? "L" : "M"}${x(n).toFixed(1)},${y(rate(n, settings, steps)).toFixed(1)}`).join("") });
      const summit = Math.max(1, chosen.warmup);
      nodes.push(line(PAPER, "um-papers"), line(chosen, "um-yours"),
        svg("circle", { class: "um-summit", cx: x(summit), cy: y(top), r: 5 }));
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
    const unfollow = follow(model, ["kind", "d_model", "warmup", "peak"], draw);
    return () => { observer.disconnect(); unfollow(); };
  },
};
