// Byte-pair merges, one at a time: what becomes of each word, and how many tokens are left.
const SPACES = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };

const toHex = (text) => Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0"));
function fromHex(digits) { // null where the bytes are no characters
  const bytes = Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
  try { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch { return null; }
}
function face(token, inBytes) {
  const text = (inBytes ? fromHex(token) : token)?.replace(/[ \n\t\r]/g, (space) => SPACES[space]);
  if (text != null && !/^[\p{C}\p{Z}]+$/u.test(text)) return { text: text.replace(/^(?=\p{M})/u, "◌") };
  const digits = inBytes ? token : toHex(token).join("");
  return { text: digits.toUpperCase().replace(/..(?=.)/g, "$& "), hex: true };
}
function merge(tokens, [left, right]) { // from left to right, without overlap
  const merged = [];
  for (let i = 0; i < tokens.length; i++) {
    const hit = tokens[i] === left && tokens[i + 1] === right;
    merged.push(hit ? left + right : tokens[i]);
    if (hit) i++;
  }
  return merged.length < tokens.length ? merged : tokens; // the same array: nothing happened
}
const several = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-merges");
    const given = model.get("words"), merges = model.get("merges"), inBytes = model.get("in_bytes");
    const spaced = given.some((word) => /^\s/.test(word)); // words keep the space in front
    let words = [], states = []; // per number of merges, per word: its tokens

    const slider = html("input", { type: "range", min: 0, max: merges.length, step: 1, input: () => go(+slider.value) });
    const output = html("b", { "aria-hidden": "true" });
    const button = (text, to) => {
      const node = html("button", { type: "button", click: () => { if (to() != null) go(to()); } }, text);
      return { node, to };
    };
    const step = () => model.get("step");
    const buttons = [
      button("← Back", () => (step() > 0 ? step() - 1 : null)),
      button("Next merge →", () => (step() < merges.length ? step() + 1 : null)),
      button("Next that changes a word ⇥", change),
    ];
    const sentence = html("p", { class: "um-last", role: "status" });
    const list = html("ul", { class: "um-words", "aria-label": "Words, cut into tokens" });
    const [tokens, distinct, rate] = [html("b"), html("b"), html("b")];
    const unit = inBytes ? "bytes" : "characters";
    const typed = html("input", { type: "text", maxlength: 300, spellcheck: "false", autocomplete: "off", input: () => { load(); draw(); } });
    el.append(
      html("label", { class: "um-slider" }, html("span", {}, "Merges applied"), output, slider),
      html("div", { class: "um-buttons" }, ...buttons.map(({ node }) => node)),
      sentence, list,
      html("ul", { class: "um-counts" }, html("li", {}, tokens, "tokens"), html("li", {}, distinct, "distinct tokens"), html("li", {}, rate, `${unit} per token`)),
      html("label", { class: "um-own" }, "Your own words instead", typed));

    function go(n) {
      model.set("step", n);
      model.save_changes();
      draw();
    }
    function load() {
      const own = typed.value.match(spaced ? /\s*\S+/g : /\S+/g), counts = new Map();
      (own ?? given).forEach((word) => counts.set(word, (counts.get(word) ?? 0) + 1));
      words = [...counts];
      states = [words.map(([word]) => (inBytes ? toHex(word) : [...word]))];
    }
    function state(n) {
      while (states.length <= n) states.push(states.at(-1).map((row) => merge(row, merges[states.length - 1])));
      return states[n];
    }
    function change() {
      for (let n = step() + 1; n <= merges.length; n++) {
        if (state(n).some((row, i) => row !== state(n - 1)[i])) return n;
      }
      return null;
    }
    const total = (rows) => rows.reduce((all, row, i) => all + row.length * words[i][1], 0);
    function chip(token, made) {
      const { text, hex } = face(token, inBytes);
      return html("span", { class: `um-chip${hex ? " um-hex" : ""}${made ? " um-made" : ""}`, "data-token": token }, text);
    }
    const spoken = (token) => { const { text, hex } = face(token, inBytes); return hex ? `byte ${text}` : text; };

    function draw() {
      const n = step(), rows = state(n), [left, right] = merges[n - 1] ?? [];
      slider.value = n;
      output.textContent = `${n} of ${merges.length}`;
      slider.setAttribute("aria-valuetext", output.textContent);
      buttons.forEach(({ node, to }) => node.setAttribute("aria-disabled", to() == null)); // disabled would lose the focus

      const places = n ? total(state(n - 1)) - total(rows) : 0;
      sentence.replaceChildren(...(n === 0
        ? [`No merge yet: each word is a row of ${inBytes ? "UTF-8 bytes; a byte that is no character shows its hexadecimal number" : "characters"}.`]
        : [`Merge ${n}: `, chip(left), " + ", chip(right), " → ", chip(left + right, true), ", ",
          places ? `in ${several(places, "place")}.` : "which these words do not hold."]));
      list.replaceChildren(...words.map(([word, count], i) => html("li", { "data-word": word },
        html("span", { class: "um-hidden" }, `${word.trim()}: ${rows[i].map(spoken).join(", ")}`),
        html("span", { class: "um-row", "aria-hidden": "true", dir: /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(word) ? "rtl" : "ltr" },
          ...rows[i].map((token) => chip(token, n && token === left + right))),
        ...(count > 1 ? [html("span", { class: "um-times" }, `× ${count}`)] : []))));
      tokens.textContent = total(rows);
      distinct.textContent = new Set(rows.flat()).size;
      rate.textContent = (total(states[0]) / total(rows)).toFixed(2);
    }

    load();
    draw();
    return follow(model, ["step"], draw);
  },
};
