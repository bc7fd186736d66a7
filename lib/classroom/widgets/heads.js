// What each head looks at: a small map of every head, and one query's weights in full.
const ROW = 34; // pixels from one token to the next; heads.css has the same number
const MEAN = "mean";

export default {
  render({ model, el }) {
    own(el);
    const keys = model.get("tokens"), queries = model.get("query_tokens"), heads = model.get("weights");
    const mean = queries.map((_, i) => keys.map((_, j) => heads.reduce((all, head) => all + head[i][j], 0) / heads.length));
    // Radio groups: the browser gives them their arrow keys, and one stop for the tab key.
    const group = `um-${Math.random().toString(36).slice(2)}`;
    const radio = (name, value, checked) =>
      html("input", { type: "radio", name: `${group}-${name}`, value, checked, change: draw });

    const choices = heads.map((head, n) => ({ name: `head ${n + 1}`, weights: head }));
    if (heads.length > 1) choices.push({ name: MEAN, weights: mean });
    const headRadios = choices.map((_, n) => radio("head", n, n === 0));
    const rowRadios = queries.map((_, i) => radio("query", i, i === 0));
    const marks = choices.map(() => svg("rect", { class: "um-row-mark", width: keys.length, height: 1 }));
    const overview = html("fieldset", { class: "um-overview" }, html("legend", {}, "Heads: a row for each query, a column for each key"),
      html("div", {}, ...choices.map(({ name, weights }, n) => html("label", { class: "um-head" },
        headRadios[n], thumbnail(weights, marks[n]), html("span", {}, name)))));

    const width = Math.max(queries.length, keys.length) * ROW;
    const lines = svg("svg", { class: "um-lines", viewBox: `0 0 100 ${width}`, preserveAspectRatio: "none", height: width, "aria-hidden": "true" });
    const keyItems = keys.map((token) => ({ token, number: html("b"), item: null }));
    const list = html("ul", { class: "um-keys" }, ...keyItems.map((key) =>
      (key.item = html("li", {}, html("span", { title: key.token }, key.token), key.number))));
    const asked = html("fieldset", { class: "um-queries" }, html("legend", {}, "Query"),
      ...queries.map((token, i) => html("label", {}, rowRadios[i], html("span", { title: token }, token))));
    const sentence = html("p", { class: "um-sentence", role: "status" });
    el.append(overview,
      html("div", { class: "um-link" }, asked, lines, html("div", { class: "um-answer" }, html("p", {}, "Key, weight"), list)), sentence);

    function thumbnail(weights, mark) {
      const cells = weights.flatMap((row, i) => row.map((weight, j) =>
        svg("rect", { x: j, y: i, width: 1.02, height: 1.02, style: `--w: ${(100 * weight).toFixed(1)}%` })));
      const unit = Math.min(12, 72 / Math.max(keys.length, queries.length));
      return svg("svg", { class: "um-map", viewBox: `-.2 -.2 ${keys.length + 0.4} ${queries.length + 0.4}`,
        width: unit * keys.length, height: unit * queries.length, "aria-hidden": "true" }, ...cells, mark);
    }

    function draw() {
      const choice = choices[headRadios.findIndex((input) => input.checked)];
      const i = rowRadios.findIndex((input) => input.checked), row = choice.weights[i];
      marks.forEach((mark) => mark.setAttribute("y", i));
      keyItems.forEach(({ item, number }, j) => {
        item.style.setProperty("--w", `${(100 * row[j]).toFixed(1)}%`);
        item.dataset.weight = row[j];
        number.textContent = row[j].toFixed(2);
      });
      const y = (n) => (n + 0.5) * ROW;
      lines.replaceChildren(...row.map((weight, j) => svg("path", {
        d: `M0,${y(i)}C50,${y(i)} 50,${y(j)} 100,${y(j)}`, "stroke-width": 0.75 + 9 * weight, opacity: 0.1 + 0.9 * weight,
      })));

      const order = row.map((_, j) => j).sort((a, b) => row[b] - row[a] || a - b);
      const part = (j) => `“${keys[j]}”, ${row[j].toFixed(2)}`;
      const who = choice.name === MEAN ? "Mean of heads" : choice.name.replace("h", "H");
      sentence.textContent = `${who}, query “${queries[i]}”: ` + (row[order[0]] === 0
        ? "nothing may be attended, all weights are 0."
        : `most weight on ${part(order[0])}` + (keys.length > 1 ? `; then ${part(order[1])}.` : "."));
    }

    draw();
    return () => {}; // nothing is held beyond the widget's own nodes
  },
};
