// Block keys in several ways: what becomes of scores and weights, and who influences whom.
const FILLS = [
  ["inf", "−∞ before the softmax"],
  ["zero", "0 before the softmax"],
  ["after", "0 after the softmax, not divided again"],
];

function softmax(scores) { // a row of −∞ alone gives zeros, where exp(−∞) / 0 would give NaN
  const top = Math.max(...scores);
  if (top === -Infinity) return scores.map(() => 0);
  const powers = scores.map((score) => Math.exp(score - top)), sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
function weigh(scores, allowed, fill) {
  if (fill === "after") return softmax(scores).map((weight, j) => (allowed[j] ? weight : 0));
  const filler = fill === "zero" ? 0 : -Infinity;
  return softmax(scores.map((score, j) => (allowed[j] ? score : filler)));
}
// How far a row’s weights move, all together, when score j rises by 1.
function moved(scores, allowed, fill, j) {
  const before = weigh(scores, allowed, fill);
  const after = weigh(scores.map((score, n) => score + (n === j)), allowed, fill);
  return before.reduce((all, weight, n) => all + Math.abs(after[n] - weight), 0);
}
const minus = (text) => text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const short = (weight) => (weight === 0 ? "0" : weight.toFixed(2).replace(/^0/, ""));
const quoted = (token) => `“${token}”`;

export default {
  render({ model, el }) {
    own(el);
    const tokens = model.get("tokens"), scores = model.get("scores"), count = tokens.length;
    const padded = tokens.map((_, j) => model.get("padding").includes(j));
    let fill = "inf", here = [0, 0];

    const causal = html("input", { type: "checkbox", change: draw });
    const group = `um-${Math.random().toString(36).slice(2)}`;
    const toggles = tokens.map((token, j) => html("button", { type: "button", click: () => { padded[j] = !padded[j]; draw(); } }, token));
    const section = (title, ...children) => html("fieldset", { class: "um-choice" }, html("legend", {}, title), html("div", {}, ...children));
    const reading = html("p", { class: "um-reading" }), verdict = html("p", { class: "um-verdict", role: "status" });
    const tables = [
      table("scores", "Scores", "blocked cells hatched", false),
      table("weights", "Weights", "what multiplies the values", true),
      table("influence", "Who influences whom", "as key and value", false),
    ];
    el.append(
      html("div", { class: "um-controls" },
        section("Mask", html("label", {}, causal, "causal: no later token")),
        section("Padding: press the tokens that are filler", ...toggles),
        section("Blocked scores become", ...FILLS.map(([value, text]) => html("label", {},
          html("input", { type: "radio", name: group, checked: value === fill, change: () => { fill = value; draw(); } }), text)))),
      html("div", { class: "um-tables" }, ...tables.map((each) => each.node),
        html("div", { class: "um-said" }, verdict, reading,
          html("ul", { class: "um-legend" },
            html("li", {}, html("i", { class: "um-box um-reaches" }, "●"), "influences, and may"),
            html("li", {}, html("i", { class: "um-box um-leaks" }, "!"), "is blocked, and influences: a leak"),
            html("li", {}, html("i", { class: "um-box" }, "·"), "has no influence")),
          html("p", { class: "um-note" }, "Each token is also its own row’s query; that influence no mask of keys can take away."))));

    function table(name, title, remark, sums) {
      const cells = tokens.map((_, i) => tokens.map((_, j) => {
        const go = () => at(i, j);
        return html("div", { role: "gridcell", tabindex: -1, class: "um-box", pointerenter: go, pointerdown: go, focus: go });
      }));
      const totals = tokens.map(() => html("div", { role: "gridcell", class: "um-total" }));
      const head = (role, text, more = "") => html("div", { role, class: `um-word ${more}`, title: text }, html("span", {}, text));
      const columns = tokens.map((token) => head("columnheader", token)), rows = tokens.map((token) => head("rowheader", token));
      const grid = html("div", { role: "grid", class: "um-cells", "aria-label": `${title}, ${remark}: a row for each query, a column for each key`,
        style: `--columns: ${count}`, keydown: (event) => step(event, cells) },
        html("div", { role: "row" }, html("div", { role: "columnheader", class: "um-origin" }, html("span", {}, "query ↓"), html("span", {}, "key →")),
          ...columns, ...(sums ? [head("columnheader", "sum")] : [])),
        ...cells.map((row, i) => html("div", { role: "row" }, rows[i], ...row, ...(sums ? [totals[i]] : []))));
      grid.classList.toggle("um-sums", sums);
      grid.classList.toggle("um-many", count > 6);
      return { name, cells, totals, rows, columns, node: html("section", {}, html("p", {}, html("b", {}, title), ` ${remark}`), grid) };
    }

    function step(event, cells) {
      const [i, j] = here, last = count - 1;
      const to = { ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1], Home: [i, 0], End: [i, last] }[event.key];
      if (!to) return;
      event.preventDefault();
      const [row, column] = to.map((n) => Math.min(last, Math.max(0, n)));
      cells[row][column].focus();
    }

    let state = []; // per query: allowed, weights, influence on this row of each key's score
    function draw() {
      toggles.forEach((button, j) => button.setAttribute("aria-pressed", padded[j]));
      state = scores.map((row, i) => {
        const allowed = tokens.map((_, j) => !padded[j] && !(causal.checked && j > i));
        return { allowed, weights: weigh(row, allowed, fill), shifts: tokens.map((_, j) => moved(row, allowed, fill, j)) };
      });
      const leaks = [], wrong = [], empty = [];
      state.forEach(({ allowed, weights, shifts }, i) => {
        const total = weights.reduce((a, b) => a + b), off = Math.abs(total - 1) > 5e-3;
        if (!allowed.includes(true)) empty.push(i);
        if (off && (fill === "after" || total > 0)) wrong.push(i);
        tables[1].totals[i].textContent = total.toFixed(2);
        tables[1].totals[i].classList.toggle("um-off", off);
        tokens.forEach((_, j) => {
          const reaches = weights[j] > 0 || shifts[j] > 1e-9, leak = reaches && !allowed[j];
          if (leak) leaks.push([i, j]);
          const blocked = allowed[j] ? "" : ", blocked";
          const filled = allowed[j] || fill === "after" ? minus(scores[i][j].toFixed(1)) : fill === "zero" ? "0" : "−∞";
          const texts = [filled, short(weights[j]), leak ? "!" : reaches ? "●" : "·"];
          const spoken = [filled, weights[j].toFixed(2), leak ? "a leak" : reaches ? "influences" : "no influence"];
          tables.forEach(({ name, cells }, n) => {
            const cell = cells[i][j];
            cell.textContent = texts[n];
            cell.setAttribute("aria-label", `query ${tokens[i]}, key ${tokens[j]}: ${spoken[n]}${blocked}`);
            cell.classList.toggle("um-blocked", !allowed[j]);
            cell.classList.toggle("um-leaks", n === 2 && leak);
            cell.classList.toggle("um-reaches", n === 2 && reaches && !leak);
            cell.dataset.value = { scores: filled, weights: weights[j], influence: shifts[j] }[name];
            if (n === 1) cell.style.setProperty("--w", `${(100 * weights[j]).toFixed(1)}%`);
          });
        });
      });
      const list = (rows) => rows.map((i) => quoted(tokens[i])).join(", ");
      const said = [leaks.length
        ? `${leaks.length} blocked ${leaks.length === 1 ? "key still influences its row" : "cells still influence their rows"}: ` +
          (fill === "zero" ? "a score of 0 is a score like any other, so the value gets in." : "their scores stay in the softmax’s denominator.")
        : state.every(({ allowed }) => !allowed.includes(false)) ? "Nothing is blocked: every key influences every row."
          : "No blocked key influences any row."];
      if (wrong.length) said.push(`Weights that do not add up to 1: ${list(wrong)}.`);
      if (empty.length) said.push(`Nothing may be attended by ${list(empty)}: ` +
        (fill === "zero" ? "yet its weights add up to 1, over blocked keys." : fill === "inf" ? "weights set to 0, where a bare softmax gives NaN." : "only zeros are left."));
      verdict.textContent = said.join(" ");
      verdict.classList.toggle("um-warned", leaks.length + wrong.length > 0);
      at(...here);
    }

    function at(i, j) {
      const mark = (on) => tables.forEach(({ cells, rows, columns }) => {
        cells[here[0]][here[1]].tabIndex = on ? 0 : -1;
        [cells[here[0]][here[1]], rows[here[0]], columns[here[1]]].forEach((node) => node.classList.toggle("um-here", on));
      });
      mark(false);
      here = [i, j];
      mark(true);
      const { allowed, weights, shifts } = state[i];
      const sum = weights.reduce((a, b) => a + b);
      const better = fill === "after" && !allowed[j] && shifts[j] > 1e-9
        ? weigh(scores[i].map((score, n) => score + (n === j)), allowed, fill).reduce((a, b) => a + b) : null;
      reading.replaceChildren("Row ", html("b", {}, tokens[i]), ", key ", html("b", {}, tokens[j]),
        `: score ${minus(scores[i][j].toFixed(2))}${allowed[j] ? "" : ", blocked"}; weight ${weights[j].toFixed(2)}; row sum ${sum.toFixed(2)}. `,
        better === null ? `If the score were 1 larger, the row’s weights would move by ${shifts[j].toFixed(2)} in all.`
          : `If this blocked score were 1 larger, the row would sum to ${better.toFixed(2)}.`);
    }

    draw();
    return () => {}; // nothing is held beyond the widget's own nodes
  },
};
