// Inline marks: `code` and *emphasis*, nothing else.
function inline(text) {
  return text.split(/(`[^`]+`|\*(?=\S)[^*]*[^*\s]\*)/).map((part, n) =>
    n % 2 === 0 ? part : html(part[0] === "`" ? "code" : "em", {}, part.slice(1, -1)));
}

// Storage may be blocked (private windows, pages opened from a file): then nothing is kept.
const memory = {
  read(key) { try { return localStorage.getItem(key); } catch { return null; } },
  write(key, value) { try { localStorage.setItem(key, value); } catch { /* blocked */ } },
};

export default {
  render({ model, el }) {
    own(el);
    const [options, answer, why] = ["options", "answer", "explanations"].map((n) => model.get(n));
    const retrieval = model.get("kind") === "retrieval";
    const key = `unmasked:${model.get("identifier")}`;
    // An earlier choice is shown, not reported: the kernel records new choices only.
    const stored = retrieval ? NaN : parseInt(memory.read(key), 10);
    const earlier = stored in options ? stored : -1;

    const buttons = options.map((option, n) =>
      html("button", { type: "button", class: "um-option", click: () => choose(n) },
        html("span", { class: "um-sign", "aria-hidden": "true" }),
        html("span", { class: "um-text" }, ...inline(option))));
    const feedback = html("div", { class: "um-feedback", role: "status" });
    el.append(html("fieldset", { class: "um-question" },
      html("legend", {},
        html("span", { class: "um-kind" }, retrieval ? "Recall" : "Predict, then run"),
        html("span", { class: "um-prompt" }, ...inline(model.get("prompt")))),
      ...buttons, feedback));

    function choose(n) {
      memory.write(key, n);
      model.set("chosen", n);
      model.save_changes();
      draw();
    }
    function draw() {
      const live = model.get("chosen"), chosen = live in options ? live : earlier;
      buttons.forEach((button, n) => {
        const verdict = n !== chosen ? "" : n === answer ? "right" : "wrong";
        button.setAttribute("aria-pressed", String(n === chosen));
        button.dataset.verdict = verdict;
        button.firstChild.textContent =
          { right: "✓", wrong: "✗" }[verdict] ?? String.fromCharCode(65 + n);
      });
      feedback.dataset.verdict = chosen === answer ? "right" : "wrong";
      if (chosen >= 0) feedback.replaceChildren(
        html("strong", {}, chosen === answer ? "Right. " : "Not this one. "), ...inline(why[chosen]));
    }
    draw();
    return follow(model, ["chosen"], draw);
  },
};
