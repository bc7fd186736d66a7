// The gradient that reaches each layer of a stack: norm, residual and depth to choose.
const NORMS = [["post", "after (post-norm)"], ["pre", "before (pre-norm)"]];
const PATHS = [["residual", "with"], ["plain", "without"]];
const MOST = 16; // decades that are drawn; what is smaller has no bar

const raised = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
function number(value) { // two digits
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(1).split("e").map(Number);
  return exponent >= -2 && exponent < 4 ? String(Number(value.toPrecision(2))) : `${digits.toFixed(1)} × 10${raised(exponent)}`;
}

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-layers");
    const norms = model.get("norms"), depths = model.get("depths");
    const all = Object.values(norms).flat().filter((value) => value > 0).map(Math.log10);
    const high = Math.ceil(Math.max(...all)), low = Math.max(Math.min(Math.floor(Math.min(...all)), high - 1), high - MOST);
    const share = (value) => Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low)));
    const every = Math.ceil((high - low) / 3); // decades from one line to the next

    const group = `um-${Math.random().toString(36).slice(2)}`;
    const chosen = { norm: "post", path: "residual", depth: depths.at(-1) };
    const choice = (name, title, options) => html("fieldset", {}, html("legend", {}, title),
      html("div", {}, ...options.map(([value, text]) => html("label", {},
        html("input", { type: "radio", name: `${group}-${name}`, checked: chosen[name] === value, change: () => { chosen[name] = value; draw(); } }),
        html("span", {}, text)))));
    const sentence = html("p", { class: "um-summary", role: "status" });
    const body = html("tbody");
    const ticks = [];
    for (let n = high; n >= low; n -= every) {
      ticks.push(html("i", { style: `--at: ${(100 * (n - low)) / (high - low)}%` }, n === 0 ? "1" : `10${raised(n)}`));
    }
    const head = (text, ...more) => html("th", { scope: "col" }, text, ...more);
    el.append(
      html("div", { class: "um-choices" }, choice("norm", "Layer norm", NORMS), choice("path", "Residual connection", PATHS),
        choice("depth", "Layers", depths.map((depth) => [depth, String(depth)]))),
      sentence,
      html("table", {}, html("thead", {}, html("tr", {}, head("layer"),
        html("td", { class: "um-axis", "aria-hidden": "true" }, html("div", {}, ...ticks)), head("gradient norm"))), body));

    function draw() {
      const { norm, path, depth } = chosen, row = norms[`${norm}/${path}/${depth}`];
      body.replaceChildren(...row.map((value, n) => html("tr", {},
        html("th", { scope: "row" }, String(n + 1)),
        html("td", { class: "um-track", "aria-hidden": "true" },
          html("div", {}, ...ticks.map((tick) => html("s", { style: tick.getAttribute("style") })),
            html("i", { style: `--w: ${(100 * share(value)).toFixed(2)}%` }))),
        html("td", { "data-norm": value }, number(value)))));
      const first = row[0], last = row.at(-1), ratio = first / last;
      const said = `${norm === "post" ? "Post-norm" : "Pre-norm"}, ${path === "residual" ? "with" : "without"} residual, ` +
        `${depth} ${depth === 1 ? "layer" : "layers"}: `;
      sentence.dataset.ratio = ratio;
      sentence.replaceChildren(said, ...(last === 0 ? ["no gradient reaches the last layer."]
        : [`layer 1 gets ${number(first)}, layer ${depth} ${number(last)}; first divided by last: `, html("b", {}, number(ratio)), "."]));
    }

    draw();
    return () => {}; // nothing is held beyond the widget's own nodes
  },
};
