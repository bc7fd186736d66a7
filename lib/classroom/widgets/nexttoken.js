// What a language model gives the next token, reshaped by sliders; the logits are cached.
const SHOWN = 12; // rows; the other tokens share one
const MARKS = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };

const face = (text) => text.replace(/[ \n\t\r]/g, (space) => MARKS[space]);
const percent = (share) => (share === 0 ? "0" : share < 0.0005 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`);
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// Temperature first, then top-k, then top-p: the share of each listed token, and of the
// others together. `more`: top-p is reached among the others, of whom some are kept.
function shape({ logits, rest }, temperatures, temperature, k, p) {
  if (temperature === 0) return { shares: logits.map((_, n) => (n === 0 ? 1 : 0)), others: 0, more: false };
  const weights = logits.map((logit, n) => (k && n >= k ? 0 : Math.exp(logit / temperature)));
  const at = temperatures.findIndex((value) => Math.abs(value - temperature) < 1e-6);
  const outside = k ? 0 : rest[at], sum = total(weights) + outside;
  let before = 0;
  const kept = weights.map((weight) => { const own = before < p ? weight / sum : 0; before += weight / sum; return own; });
  const listed = total(kept), more = outside > 0 && before < p && p < 1;
  const mass = outside > 0 && before < p ? p : listed;
  return { shares: kept.map((share) => share / mass), others: Math.max(0, 1 - listed / mass), more };
}

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-next");
    const nodes = model.get("nodes"), starts = model.get("starts"), texts = model.get("texts");
    const V = model.get("vocab_size"), temperatures = model.get("temperatures");
    const most = Object.values(nodes)[0].logits.length, every = most < V ? most + 1 : most; // top-k's last place: all
    const plain = (ids) => ids.map((id) => texts[id]).join("");

    const begin = html("select", { change: () => set({ start: +begin.value, added: [] }) },
      ...starts.map((ids, n) => html("option", { value: n }, face(plain(ids)))));
    function slider(name, text, attributes, read) {
      const output = html("b", { "aria-hidden": "true" });
      const input = html("input", { type: "range", ...attributes, input: () => set({ [name]: read(+input.value) }) });
      return { input, output, node: html("label", { class: "um-slider" }, html("span", {}, text), output, input) };
    }
    const sliders = [
      slider("temperature", "Temperature", { min: 0, max: temperatures.at(-1), step: 0.1 }, (value) => Math.round(10 * value) / 10),
      slider("top_k", "Top-k", { min: 1, max: every, step: 1 }, (value) => (value === every ? 0 : value)),
      slider("top_p", "Top-p", { min: 0.01, max: 1, step: 0.01 }, (value) => value),
    ];
    const button = (text, click) => html("button", { type: "button", click: (event) => {
      if (event.currentTarget.getAttribute("aria-disabled") !== "true") click();
    } }, text);
    const draw = button("Draw a token", () => {
      let point = Math.random();
      const n = now.shares.findIndex((share) => (point -= share) < 0);
      if (n >= 0) return add(now.node.ids[n]);
      said.textContent = `The draw fell on one of the ${thousands(V - most)} tokens that are not listed. Draw again.`;
    });
    const likeliest = button("Take the likeliest", () => add(now.node.ids[0]));
    const back = button("← One back", () => set({ added: model.get("added").slice(0, -1) }));
    const again = button("Start again", () => set({ added: [] }));
    const text = html("p", { class: "um-text" });
    const said = html("p", { class: "um-said", role: "status", tabindex: -1 });
    const body = html("tbody");
    const head = (name, more = {}) => html("th", { scope: "col", ...more }, name);
    const table = html("table", {}, html("caption", {}, "The next token: bar and share after the sliders, outline and second number as the model has it. A framed token can be chosen."),
      html("thead", {}, html("tr", {}, head("token"), html("td", { "aria-hidden": "true" }), head("share"), head("model"))), body);
    el.append(
      ...(starts.length > 1 ? [html("label", { class: "um-begin" }, "Begin with", begin)] : []),
      text, html("div", { class: "um-buttons" }, draw, likeliest, back, again),
      html("div", { class: "um-sliders" }, ...sliders.map(({ node }) => node)), said, table);

    let now = null;
    function set(values) {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      show();
    }
    function add(id) {
      const inside = body.contains(document.activeElement);
      set({ added: [...model.get("added"), id] });
      if (inside) said.focus(); // the button that was pressed is gone
    }

    function row(name, share, mine, more = {}, go = null) {
      const cut = share === 0;
      return html("tr", { class: cut ? "um-cut" : null, "data-share": share, "data-own": mine, ...more },
        html("th", { scope: "row" }, go ? html("button", { type: "button", click: go }, name) : html("span", {}, name)),
        html("td", { class: "um-track", "aria-hidden": "true" }, html("div", {},
          html("i", { style: `--w: ${(100 * share).toFixed(2)}%` }), html("s", { style: `--w: ${(100 * mine).toFixed(2)}%` }))),
        html("td", {}, cut ? "cut" : percent(share)), html("td", {}, percent(mine)));
    }

    function show() {
      const added = model.get("added"), ids = [...starts[model.get("start")], ...added];
      const node = nodes[ids.join(",")];
      begin.value = model.get("start");
      const values = [model.get("temperature"), model.get("top_k"), model.get("top_p")];
      const [temperature, k, p] = values;
      const words = [temperature === 0 ? "0: greedy" : temperature.toFixed(1), k ? String(k) : "all", p === 1 ? "1: all" : p.toFixed(2)];
      sliders.forEach(({ input, output }, n) => {
        input.value = n === 1 ? k || every : values[n];
        output.textContent = words[n];
        input.setAttribute("aria-valuetext", words[n]);
      });
      text.replaceChildren(html("span", {}, face(plain(ids.slice(0, ids.length - added.length)))),
        ...added.map((id) => html("b", {}, face(texts[id]))));
      for (const [each, off] of [[back, !added.length], [again, !added.length], [draw, !node], [likeliest, !node]]) {
        each.setAttribute("aria-disabled", off); // disabled would lose the focus
      }
      table.hidden = !node;
      if (!node) {
        now = null;
        body.replaceChildren();
        said.textContent = `What comes after ${face(texts[ids.at(-1)])} here was not computed beforehand: go one back.`;
        return;
      }
      const mine = shape(node, temperatures, 1, 0, 1), after = shape(node, temperatures, temperature, k, p);
      now = { node, shares: after.shares };
      const onwards = (id) => ([...ids, id].join(",") in nodes ? () => add(id) : null);
      const rows = node.ids.slice(0, SHOWN).map((id, n) => row(face(texts[id]), after.shares[n], mine.shares[n], { "data-token": id }, onwards(id)));
      const left = V - rows.length;
      if (left > 0) {
        rows.push(row(`${thousands(left)} others`, total(after.shares.slice(SHOWN)) + after.others, total(mine.shares.slice(SHOWN)) + mine.others));
      }
      body.replaceChildren(...rows);

      const kept = after.shares.filter((share) => share > 0).length;
      const all = after.others > 0 || kept === V;
      const count = after.more ? `More than ${most} of ${thousands(V)}` : all ? `All ${thousands(V)}` : `${kept} of ${thousands(V)}`;
      said.replaceChildren(kept === 1 && !all ? "Only the likeliest token is left: " : `${count} tokens can be drawn; the likeliest is `,
        html("b", {}, face(texts[node.ids[0]])), `, with ${percent(after.shares[0])}${Math.abs(after.shares[0] - mine.shares[0]) < 5e-4 ? "" : ` instead of ${percent(mine.shares[0])}`}.`);
      said.dataset.others = after.others;
    }

    show();
    return follow(model, ["start", "added", "temperature", "top_k", "top_p"], show);
  },
};
