// Every head of every layer as a small map; the chosen one in full, one row marked.
const LEVELS = 8; // steps of colour in the small maps: one path for each
const SHOWN = 3; // keys that the sentence names
const SPECIAL = /^\[.+\]$/;
const plain = (tokens) => tokens.filter((token) => !SPECIAL.test(token)).join(" ").replaceAll(" ##", "");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-browser");
    const texts = model.get("texts"), layers = model.get("layers"), heads = model.get("heads");
    const bytes = model.get("weights").map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
    // The weights of one head, (T, T), from the bytes of its text.
    function weights(t, layer, head) {
      const T = texts[t].length, from = ((layer - 1) * heads + head - 1) * T * T;
      return texts[t].map((_, i) => Array.from(bytes[t].subarray(from + i * T, from + (i + 1) * T), (byte) => byte / 255));
    }

    const begin = html("select", { change: () => set({ text: +begin.value, query: 0 }) },
      ...texts.map((tokens, t) => html("option", { value: t }, plain(tokens))));
    const group = `um-${Math.random().toString(36).slice(2)}`;
    const radios = [], maps = [];
    for (let layer = 1; layer <= layers; layer++) {
      for (let head = 1; head <= heads; head++) {
        radios.push(html("input", { type: "radio", name: `${group}-head`, "aria-label": `layer ${layer}, head ${head}`,
          change: () => set({ layer, head }), keydown: move }));
        maps.push(svg("svg", { class: "um-small", "aria-hidden": "true", preserveAspectRatio: "none" }));
      }
    }
    // Radio buttons know one direction only; up and down go to the same head of the next layer.
    function move(event) {
      const step = { ArrowUp: -heads, ArrowDown: heads }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = radios[radios.indexOf(event.currentTarget) + step];
      if (next) { next.focus(); next.click(); }
    }
    const across = Array.from({ length: heads }, (_, n) => html("span", { class: "um-tick", "aria-hidden": "true" }, String(n + 1)));
    const grid = html("fieldset", { class: "um-grid" }, html("legend", {}, "A row for each layer, a column for each head"),
      html("div", { style: `--n: ${heads}` }, html("span", { "aria-hidden": "true" }), ...across, ...Array.from({ length: layers }, (_, l) => [
        html("span", { class: "um-tick", "aria-hidden": "true" }, String(l + 1)),
        ...radios.slice(l * heads, (l + 1) * heads).map((radio, h) => html("label", {}, radio, maps[l * heads + h])),
      ]).flat()));
    const title = html("p", { class: "um-title" });
    const large = html("fieldset", { class: "um-large" });
    const said = html("p", { class: "um-said", role: "status" });
    const habit = html("p", { class: "um-habit" });
    el.append(...(texts.length > 1 ? [html("label", { class: "um-begin" }, "Text", begin)] : []), grid, title, large, said, habit);

    function set(values) {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      show();
    }

    function small(rows, map) {
      const T = rows.length, cells = Array.from({ length: LEVELS + 1 }, () => "");
      rows.forEach((row, i) => row.forEach((weight, j) => { cells[Math.round(weight * LEVELS)] += `M${j} ${i}h1v1h-1z`; }));
      map.setAttribute("viewBox", `0 0 ${T} ${T}`);
      map.replaceChildren(...cells.slice(1).map((d, n) => d && svg("path", { d, opacity: (n + 1) / LEVELS })).filter(Boolean));
    }

    // What stands in front of a row is a radio button: arrow keys walk through the queries.
    let laid = -1, rows = [], columns = [], queries = [], cells = [];
    function lay(t) {
      laid = t;
      const tokens = texts[t];
      radios.forEach((_, n) => small(weights(t, Math.floor(n / heads) + 1, (n % heads) + 1), maps[n]));
      columns = tokens.map((token) => html("span", { class: "um-key", title: token }, html("span", {}, token)));
      queries = tokens.map((token, i) => html("input", { type: "radio", name: `${group}-query`, "aria-label": `query “${token}”, token ${i + 1}`,
        change: () => set({ query: i }) }));
      cells = tokens.map(() => tokens.map(() => html("i")));
      rows = tokens.map((token, i) => html("div", { class: "um-row", mouseenter: () => set({ query: i }) },
        html("label", {}, queries[i], html("span", { title: token, "aria-hidden": "true" }, token)), ...cells[i]));
      large.style.setProperty("--n", tokens.length);
      large.replaceChildren(html("legend", {}, "Query (row) and key (column): point at a query, or walk with the arrow keys"),
        html("div", { class: "um-keys", "aria-hidden": "true" }, html("span"), ...columns), ...rows);
    }

    function show() {
      const t = model.get("text"), layer = model.get("layer"), head = model.get("head"), tokens = texts[t];
      const q = Math.min(model.get("query"), tokens.length - 1);
      if (laid !== t) lay(t);
      begin.value = t;
      radios[(layer - 1) * heads + head - 1].checked = true;
      queries[q].checked = true;
      const all = weights(t, layer, head), row = all[q];
      title.textContent = `Layer ${layer}, head ${head}`;
      cells.forEach((line, i) => line.forEach((cell, j) => {
        cell.style.setProperty("--w", `${(100 * all[i][j]).toFixed(0)}%`);
        cell.dataset.weight = all[i][j];
      }));
      rows.forEach((node, i) => node.classList.toggle("um-asked", i === q));
      columns.forEach((node, j) => node.style.setProperty("--w", `${(100 * row[j]).toFixed(0)}%`));

      const order = row.map((_, j) => j).sort((a, b) => row[b] - row[a] || a - b).slice(0, SHOWN).filter((j, n) => n === 0 || row[j] >= 0.005);
      const part = (j) => `“${tokens[j]}”${j === q ? " (itself)" : ""} ${row[j].toFixed(2)}`;
      said.textContent = row[order[0]] === 0 ? `“${tokens[q]}” may look at nothing: all weights are 0.`
        : `“${tokens[q]}” looks at ${order.map(part).join(", ")}.`;
      const mean = (share) => `${Math.round((100 * all.reduce((sum, line, i) => sum + share(line, i), 0)) / all.length)} %`;
      const special = (line) => line.reduce((sum, weight, j) => sum + (SPECIAL.test(tokens[j]) ? weight : 0), 0);
      const near = [["the token before", (line, i) => line[i - 1] ?? 0], ["itself", (line, i) => line[i]], ["the token behind", (line, i) => line[i + 1] ?? 0]];
      if (tokens.some((token) => SPECIAL.test(token))) near.push(["[CLS], [SEP] and their like", special]);
      habit.textContent = `This head in this text, on average over its queries: ${near.map(([who, share]) => `${mean(share)} on ${who}`).join(", ")}.`;
    }

    show();
    return follow(model, ["text", "layer", "head", "query"], show);
  },
};
