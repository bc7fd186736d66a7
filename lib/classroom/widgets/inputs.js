// Rows of tokens for the tasks of fine-tuning: what is cut, what is padding, what the head reads.
const FIELDS = {
  classification: ["Text"],
  entailment: ["Premise", "Hypothesis"],
  similarity: ["One text", "The other text"],
  "multiple choice": ["Context", "Question"], // and the answers
};
const SIDES = ["right", "left"];
const tokensOf = (text) => text.match(/[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu) ?? [];
const amount = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;

// How much of each part is kept so that all fit: the longest gives way, of equals the first.
function cut(lengths, room) {
  const kept = [...lengths];
  let total = kept.reduce((sum, n) => sum + n, 0);
  for (; total > room; total--) kept[kept.indexOf(Math.max(...kept))]--;
  return kept;
}
const special = (token) => ({ token, kind: "special" });
const words = (tokens, part, kept) => tokens.map((token, n) => ({ token, kind: n < kept ? "word" : "cut", part }));

// One row: start · parts, of which the last comes after a delimiter · extract.
function row(name, parts, kept, order = [0, 1, 2]) {
  const cells = [special("start")];
  parts.forEach((tokens, n) => {
    if (n && n === parts.length - 1) cells.push(special("delimiter"));
    cells.push(...words(tokens, order[n], kept[n]));
  });
  return { name, cells: [...cells, special("extract")] };
}
const pair = (name, parts, maxLen, order) => row(name, parts, cut(parts.map((part) => part.length), maxLen - 3), order);
const BUILD = {
  classification: ([a], maxLen) => [row("", [a], cut([a.length], maxLen - 2))],
  entailment: (parts, maxLen) => [pair("", parts, maxLen)],
  similarity: ([a, b], maxLen) => [pair("one · other", [a, b], maxLen), pair("other · one", [b, a], maxLen, [1, 0])],
  "multiple choice": ([context, question, ...answers], maxLen) => {
    // the same context for every candidate: it is cut for the longest answer
    const kept = cut([context.length, question.length, Math.max(...answers.map((a) => a.length))], maxLen - 3);
    return answers.map((answer, n) => row(`answer ${n + 1}`, [context, question, answer], kept));
  },
};
const used = ({ cells }) => cells.filter(({ kind }) => kind !== "cut").length;
const JOIN = {
  classification: () => "The state at extract → linear layer → softmax over the classes.",
  entailment: () => "The state at extract → linear layer → softmax over the classes.",
  similarity: () => "The two states at extract are added → linear layer → softmax over the classes.",
  "multiple choice": (n) => `One score for each row → softmax over the ${n} candidates, which compete with each other.`,
};

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-inputs");
    const put = (name, value) => { model.set(name, value); model.save_changes(); };
    const [least, longest] = model.get("lengths");

    const id = Math.random().toString(36).slice(2); // radio buttons of two views are apart
    function radios(legend, name, values) {
      const buttons = values.map((value) => html("input", { type: "radio", name: `${name}-${id}`, value, change: () => put(name, value) }));
      return {
        node: html("fieldset", {}, html("legend", {}, legend), html("div", {}, ...buttons.map((b, n) => html("label", {}, b, values[n])))),
        show() { buttons.forEach((button) => { button.checked = button.value === model.get(name); }); },
      };
    }
    const task = radios("Task", "task", Object.keys(FIELDS)), side = radios("Padding on the", "side", SIDES);
    const slider = html("input", { type: "range", min: least, max: longest, step: 1, input: () => put("max_len", +slider.value) });
    const length = html("b", { class: "um-value", "aria-hidden": "true" });
    const fields = html("div", { class: "um-fields" });
    const rows = html("div", { class: "um-all" });
    const said = html("p", { class: "um-said", role: "status" });
    el.append(
      task.node, fields,
      html("div", { class: "um-settings" }, html("label", { class: "um-slider" }, html("span", {}, "Longest row (max_len)"), slider, length), side.node),
      rows, said,
      html("p", { class: "um-note" }, "A word or a mark stands for a token here; a real tokenizer cuts some words into several."));

    let asked = ""; // the task whose fields are there
    function ask(name) {
      const texts = model.get("texts")[name];
      if (asked !== name || fields.children.length !== texts.length) {
        fields.replaceChildren(...texts.map((_, n) => html("label", {}, html("span", {}, FIELDS[name][n] ?? `Answer ${n - 1}`),
          html("input", { type: "text", maxlength: 300, spellcheck: "false", autocomplete: "off", input: (event) => type(n, event.target.value) }))));
        asked = name;
      }
      [...fields.querySelectorAll("input")].forEach((input, n) => { if (input.value !== texts[n]) input.value = texts[n]; });
    }
    function type(n, text) {
      const all = model.get("texts"), name = model.get("task");
      put("texts", { ...all, [name]: all[name].map((old, i) => (i === n ? text : old)) });
    }

    function chip({ token, kind, part }, column, head, slip) {
      const cut = kind === "cut", mark = head ? "▲ head" : slip ? `✗ ${slip}` : "";
      const spoken = cut ? `cut: ${token}` : `column ${column}: ${token}${head ? ", read by the head" : slip ? `, read by mistake: ${slip}` : ""}`;
      return html("li", { class: `um-${kind}${head ? " um-head" : slip ? " um-slip" : ""}`, "data-token": token, "data-kind": kind, "data-part": part, "data-column": column, "data-head": head, "data-slip": slip },
        html("span", { class: "um-hidden" }, spoken),
        html("span", { class: "um-chip", "aria-hidden": "true" }, token),
        html("small", { "aria-hidden": "true" }, cut ? "cut" : [column, mark].join(" ")));
    }
    function drawn({ name, cells }, T) {
      const left = model.get("side") === "left", n = used({ cells });
      const pads = Array.from({ length: T - n }, () => ({ token: "pad", kind: "pad" }));
      // what goes wrong on this side: reading the last column, or as many columns as there are tokens
      const slip = left ? { at: n - 1, says: "count − 1" } : { at: T - 1, says: "last column" };
      let column = 0;
      const chips = (left ? [...pads, ...cells] : [...cells, ...pads]).map((cell) => {
        if (cell.kind === "cut") return chip(cell);
        const at = column++, head = cell.kind === "special" && cell.token === "extract";
        return chip(cell, at, head, !head && at === slip.at && slip.says);
      });
      return html("li", {}, ...(name ? [html("p", { class: "um-name" }, name)] : []), html("ol", { class: "um-row", "aria-label": name || "row of tokens" }, ...chips));
    }

    function draw() {
      const name = model.get("task"), maxLen = model.get("max_len");
      task.show();
      side.show();
      ask(name);
      slider.value = maxLen;
      length.textContent = `${maxLen} tokens`;
      slider.setAttribute("aria-valuetext", length.textContent);

      const mine = BUILD[name](model.get("texts")[name].map(tokensOf), maxLen), other = model.get("others")[name];
      const theirs = other.length ? BUILD[name](other.map(tokensOf), maxLen) : [];
      const T = Math.max(...[...mine, ...theirs].map(used));
      rows.replaceChildren(
        html("section", { class: "um-group" }, html("ul", {}, ...mine.map((each) => drawn(each, T))), html("p", { class: "um-join" }, JOIN[name](mine.length))),
        ...(theirs.length ? [html("section", { class: "um-group um-other" }, html("p", { class: "um-name" }, "Another example of the same batch"), html("ul", {}, ...theirs.map((each) => drawn(each, T))))] : []));

      const every = [...mine, ...theirs], lost = mine.map((each) => each.cells.length - used(each));
      const most = Math.max(...lost), alike = lost.every((n) => n === most), padded = every.filter((each) => used(each) < T).length;
      said.textContent = [
        most ? `${alike ? "" : "Up to "}${amount(most, "token")} of ${mine.length > 1 ? "each" : "your"} row ${most === 1 ? "is" : "are"} cut; start, delimiter and extract stay.` : "Nothing of your texts is cut.",
        padded === 0 ? "All rows are equally long: here the last column is extract in each."
          : model.get("side") === "right" ? `Reading the last column, whatever stands in it, gives padding in ${padded} of ${every.length} rows.`
            : `The last column is extract in each row. Counting the tokens and reading column count − 1 goes astray in ${padded} of ${every.length} rows.`,
      ].join(" ");
    }

    draw();
    return follow(model, ["task", "texts", "max_len", "side"], draw);
  },
};
