// What a GPT's training weighs, computes, remembers and costs, by its sizes.
const SLIDERS = {
  layers: ["Layers", whole], width: ["Width d_model", whole], context: ["Context, in tokens", whole],
  vocabulary: ["Vocabulary", whole], tokens: ["Tokens read", amount], devices: ["Devices", whole],
  rate: ["A device's matrix products, in 10¹² a second", String], share: ["Share of it that is reached", (x) => `${Math.round(100 * x)} %`],
  memory: ["A device's memory, in GB", whole], price: ["Price of a device for an hour", String],
};
const PARTS = { weights: 4, gradients: 4, averages: 8 };
const NAMES = { weights: "weights", gradients: "gradients", averages: "Adam's averages" };
const SIZES = ["layers", "width", "context", "vocabulary", "tokens"];

function whole(n) { return Math.round(n).toLocaleString("en-US"); }
function raised(n) { return String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]); }
function amount(n) { // three digits
  if (n >= 0.01 && n < 1e5) return Number(n.toPrecision(3)).toLocaleString("en-US");
  const [digits, power] = n.toExponential(2).split("e").map(Number);
  return `${Number(digits)}\u00a0×\u00a010${raised(power)}`;
}
function bytes(n) {
  const [unit, size] = [["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, size]) => n >= size) || ["B", 1];
  return `${Number((n / size).toPrecision(3)).toLocaleString("en-US")}\u00a0${unit}`;
}
function duration(hours) {
  if (hours < 1 / 60) return `${amount(hours * 3600)} seconds`;
  if (hours < 2) return `${amount(hours * 60)} minutes`;
  if (hours < 72) return `${amount(hours)} hours`;
  return hours < 24 * 730 ? `${amount(hours / 24)} days` : `${amount(hours / 8766)} years`;
}

// As unmasked.scaling computes them: post-norm, biases, tied output layer.
function reckon(c) {
  const d = c.width, block = 4 * d * d + 4 * d + 8 * d * d + 5 * d + 4 * d;
  const parameters = c.vocabulary * d + c.context * d + c.layers * block;
  const perToken = 6 * (c.layers * 12 * d * d + c.vocabulary * d) + 6 * c.layers * d * c.context;
  const held = c.sharded ? Math.ceil(parameters / c.devices) : parameters;
  const flops = perToken * c.tokens, hours = flops / (c.rate * 1e12 * c.share * c.devices) / 3600;
  return { parameters, perToken, flops, held: 16 * held, parts: Object.fromEntries(Object.entries(PARTS).map(([k, n]) => [k, n * held])),
    hours, price: hours * c.devices * c.price };
}

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-costs");
    const values = model.get("values");
    const set = (changes) => { Object.entries(changes).forEach(([k, v]) => model.set(k, v)); model.save_changes(); draw(); };

    const choice = html("select", { change: () => {
      const found = model.get("models").find(([name]) => name === choice.value);
      if (found) set(Object.fromEntries(SIZES.map((name, n) => [name, found[n + 1]])));
    } }, html("option", { value: "" }, "your own"), ...model.get("models").map(([name]) => html("option", { value: name }, name)));
    const rows = Object.fromEntries(Object.entries(SLIDERS).map(([name, [text, shown]]) => {
      const input = html("input", { type: "range", min: 0, max: values[name].length - 1, step: 1, input: () => set({ [name]: values[name][+input.value] }) });
      const output = html("b", { "aria-hidden": "true" });
      const row = html("label", { class: "um-slider" }, html("span", {}, text), output, input);
      return [name, { row, show(value) {
        input.value = values[name].indexOf(value);
        output.textContent = shown(value);
        input.setAttribute("aria-valuetext", shown(value));
      } }];
    }));
    const shard = html("input", { type: "checkbox", change: () => set({ sharded: shard.checked }) });
    const list = (...names) => html("div", { class: "um-sliders" }, ...names.map((name) => rows[name].row));
    const bar = svg("svg", { class: "um-bar", role: "img", height: 58 });
    const figures = html("dl", {});
    const sentence = html("p", { class: "um-summary", role: "status" });
    el.append(
      html("label", { class: "um-model" }, html("span", {}, "Model"), choice),
      list(...SIZES), html("hr", {}), list("devices", "rate", "share", "memory", "price"),
      html("label", { class: "um-check" }, shard, html("span", {}, "the devices share out the weights (FSDP)")),
      figures, html("p", { class: "um-heading" }, "Memory of one device, activations apart"), bar,
      html("ul", { class: "um-key" }, ...Object.entries(NAMES).map(([k, text]) => html("li", {}, html("i", { class: `um-${k}`, "aria-hidden": "true" }), text)),
        html("li", {}, html("i", { class: "um-limit", "aria-hidden": "true" }), "what it has")),
      sentence);

    let width = 0;
    function draw() {
      const c = Object.fromEntries([...Object.keys(SLIDERS), "sharded"].map((name) => [name, model.get(name)]));
      Object.entries(rows).forEach(([name, row]) => row.show(c[name]));
      shard.checked = c.sharded;
      const known = model.get("models").find(([, ...sizes]) => SIZES.every((name, n) => sizes[n] === c[name]));
      choice.value = known ? known[0] : "";
      const r = reckon(c), room = c.memory * 1e9, fits = r.held <= room;
      const facts = [["Parameters", whole(r.parameters)], ["Operations for a token", amount(r.perToken)], ["Operations in all", amount(r.flops)],
        ["Time", duration(r.hours)], ["Price", amount(r.price)], ["Tokens for a parameter", amount(c.tokens / r.parameters)]];
      figures.replaceChildren(...facts.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
      Object.assign(sentence.dataset, { parameters: r.parameters, flops: r.flops, held: r.held, hours: r.hours, price: r.price });
      sentence.replaceChildren(fits ? "It fits: weights, gradients and averages take " : "It does not fit: weights, gradients and averages take ",
        html("b", {}, bytes(r.held)), ` of ${bytes(room)} on each device. ` +
        (fits ? `What is left holds the activations.` : c.sharded ? "More devices would hold less each." : "Sharing out the weights among more devices would help."));
      const left = 1, right = width - 1, most = Math.max(r.held, room), at = (n) => left + (n / most) * (right - left);
      let from = 0;
      const boxes = Object.entries(r.parts).map(([k, n]) => {
        const box = svg("rect", { class: `um-${k}`, x: at(from), y: 22, width: Math.max(0, at(from + n) - at(from)), height: 24 });
        from += n;
        return box;
      });
      bar.setAttribute("viewBox", `0 0 ${width} 58`);
      bar.setAttribute("aria-label", `One device: ${Object.entries(r.parts).map(([k, n]) => `${NAMES[k]} ${bytes(n)}`).join(", ")}; it has ${bytes(room)}.`);
      bar.replaceChildren(svg("rect", { class: "um-room", x: left, y: 22, width: at(room) - left, height: 24 }), ...boxes,
        svg("path", { class: "um-limit", d: `M${at(room)},16V52` }),
        svg("text", { x: Math.min(Math.max(at(room), 30), width - 30), y: 12, "text-anchor": "middle" }, bytes(room)));
    }

    // Drawn at the true width, so that letters keep their size on a phone.
    const observer = new ResizeObserver(() => {
      const now = Math.round(bar.clientWidth);
      if (now > 0 && now !== width) { width = now; draw(); }
    });
    observer.observe(bar);
    width = Math.round(bar.clientWidth) || 600;
    draw();
    const unfollow = follow(model, [...Object.keys(SLIDERS), "sharded"], draw);
    return () => { observer.disconnect(); unfollow(); };
  },
};
