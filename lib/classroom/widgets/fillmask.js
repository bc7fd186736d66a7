// One token of a text is hidden; what each model puts there stands beside it, cached.
const percent = (share) => (share < 0.0005 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`);
const bare = (token) => token.replace(/^##|^ /, "");
const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-fill");
    const texts = model.get("texts"), guesses = model.get("guesses"), names = Object.keys(guesses);
    const spaced = texts.map((tokens) => tokens.some((token) => token.startsWith(" ")));
    const glued = (t, p) => p > 0 && (texts[t][p].startsWith("##") || (spaced[t] && !texts[t][p].startsWith(" ")));
    const plain = (t) => texts[t].map((token, p) => (/^\[.+\]$/.test(token) ? "" : (glued(t, p) ? "" : " ") + bare(token))).join("").trim();
    const openAt = (t, p) => guesses[names[0]][t][p] !== null;

    const begin = html("select", { change: () => {
      const t = +begin.value;
      set({ text: t, place: texts[t].findIndex((_, p) => openAt(t, p)) });
    } }, ...texts.map((_, t) => html("option", { value: t }, plain(t))));
    const words = html("fieldset", { class: "um-words" });
    const said = html("p", { class: "um-said", role: "status" });
    const tables = html("div", { class: "um-tables" });
    el.append(...(texts.length > 1 ? [html("label", { class: "um-begin" }, "Text", begin)] : []), words, said, tables);

    const group = `um-${Math.random().toString(36).slice(2)}`;
    let drawn = -1, radios = [];
    function set(values) {
      Object.entries(values).forEach(([name, value]) => model.set(name, value));
      model.save_changes();
      show();
    }

    // Radio buttons: the browser gives them their arrow keys, and one stop for the tab key.
    function lay(t) {
      drawn = t;
      radios = texts[t].map((token, p) => openAt(t, p) && html("input", { type: "radio", name: group, value: p,
        "aria-label": `hide “${bare(token)}”, token ${p + 1}`, change: () => set({ place: p }) }));
      words.replaceChildren(html("legend", {}, "Choose the token to hide"), ...texts[t].map((token, p) => {
        const more = { class: glued(t, p) ? "um-glued" : null };
        const face = html("span", { "aria-hidden": radios[p] ? "true" : null }, bare(token));
        return radios[p] ? html("label", more, radios[p], face) : html("i", more, face);
      }));
    }

    function row(token, share, own, rank) {
      return html("tr", { class: own ? "um-own" : null, "data-share": share },
        html("th", { scope: "row" }, html("span", {}, rank ? `${thousands(rank)}. ` : "", html("b", {}, token))),
        html("td", { class: "um-track", "aria-hidden": "true" }, html("div", {}, html("i", { style: `--w: ${(100 * share).toFixed(2)}%` }))),
        html("td", {}, percent(share)));
    }

    function show() {
      const t = model.get("text"), p = model.get("place");
      if (drawn !== t) lay(t);
      begin.value = t;
      radios.forEach((radio, n) => { if (radio) radio.checked = n === p; });
      [...words.children].slice(1).forEach((node, n) => { node.lastChild.textContent = n === p ? "[MASK]" : bare(texts[t][n]); });
      const was = bare(texts[t][p]);
      tables.replaceChildren(...names.map((name) => {
        const { tokens, shares, share, rank } = guesses[name][t][p];
        const rows = tokens.map((token, n) => row(token, shares[n], n + 1 === rank, 0));
        if (rank > tokens.length) rows.push(row(texts[t][p], share, true, rank));
        return html("table", {}, html("caption", {}, name),
          html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "guess"), html("td", { "aria-hidden": "true" }), html("th", { scope: "col" }, "share"))),
          html("tbody", {}, ...rows));
      }));
      const parts = names.map((name) => {
        const { tokens, shares, share, rank } = guesses[name][t][p], one = names.length > 1 ? `${name}: ` : "";
        return rank === 1 ? `${one}it is the likeliest, with ${percent(share)}`
          : `${one}the likeliest is “${bare(tokens[0])}” (${percent(shares[0])}), and “${was}” has rank ${thousands(rank)} (${percent(share)})`;
      });
      said.replaceChildren(`Hidden: “${was}”. `, parts.join("; ").replace(/^it/, "It").replace(/^the/, "The"), ".");
    }

    show();
    return follow(model, ["text", "place"], show);
  },
};
