// A beam search, step by step: what is kept, cut and finished, and the finished ones ranked.
const FATES = { kept: "goes on", ended: "ended", beaten: "given up", cut: "cut" };
const MARKS = { kept: "", ended: " ■", beaten: " ✕", cut: " ✕" };
const WIDE = 112, HIGH = 26, SIDE = 10;

const penalty = (length, alpha) => ((5 + length) / 6) ** alpha;
const signed = (value, digits = 2) => value.toFixed(digits).replace("-", "−").replace(/^−(0\.0+)$/, "$1");
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const shown = (token) => token.replace(/^ (?=.)/, "␣").replace(/ $/, "␣");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-beams");
    const steps = model.get("steps"), title = model.get("title");
    const path = (n, i) => (n < 0 ? [] : [...path(n - 1, steps[n][i].parent), steps[n][i].token]);
    const ended = steps.flatMap((ways, n) => ways.flatMap((way, i) =>
      (way.state === "ended" ? [{ text: path(n, i).join("").trim(), length: n + 1, logProb: way.log_prob, step: n + 1 }] : [])));

    function slider(name, text, max, step) {
      const output = html("b", { "aria-hidden": "true" });
      const input = html("input", { type: "range", min: 0, max, step, input: () => set(name, +input.value) });
      return { input, output, node: html("label", { class: "um-slider" }, html("span", {}, text), output, input) };
    }
    const place = slider("step", "Step", steps.length, 1);
    const alpha = slider("alpha", "Exponent α of the length penalty", 2, 0.1);
    const button = (text, by) => html("button", { type: "button", click: () => {
      const to = model.get("step") + by;
      if (to >= 0 && to <= steps.length) set("step", to);
    } }, text);
    const back = button("← Back", -1), next = button("Next step →", 1);
    const sentence = html("p", { class: "um-said", role: "status" });
    const tree = svg("svg", { role: "img" });
    const scroller = html("div", { class: "um-tree", tabindex: 0, role: "region", "aria-label": "Tree of hypotheses" }, tree);
    const ways = html("tbody"), ranks = html("tbody");
    const head = (...names) => html("thead", {}, html("tr", {}, ...names.map((name) => html("th", { scope: "col" }, name))));
    const winner = html("p", { class: "um-winner", role: "status" });
    const empty = html("p", { class: "um-empty" }, "No hypothesis has ended yet.");
    const ranking = html("table", { class: "um-ranks" }, html("caption", {}, "Ended so far, by score"),
      head("hypothesis", "tokens", "log p", "score"), ranks);
    el.append(
      ...(title ? [html("p", { class: "um-title" }, title)] : []),
      place.node, html("div", { class: "um-buttons" }, back, next), sentence, scroller,
      html("table", { class: "um-ways" }, html("caption", {}, "The likeliest continuations of this step"), head("text so far", "log p", "then"), ways),
      alpha.node, winner, empty, ranking);

    function set(name, value) {
      model.set(name, value);
      model.save_changes();
      draw();
    }

    function drawTree(n) {
      const at = (step, i) => [SIDE + (step + 1) * WIDE, 20 + i * HIGH];
      const rows = Math.max(...steps.map((each) => each.length));
      const width = SIDE * 2 + (n + 1) * WIDE, height = rows * HIGH + 16;
      const edges = [], nodes = [];
      nodes.push(svg("text", { x: SIDE, y: at(-1, 0)[1] + 4, class: "um-kept" }, "start"));
      steps.slice(0, n).forEach((each, step) => each.forEach((way, i) => {
        const [x, y] = at(step, i), fromY = at(step - 1, Math.max(way.parent, 0))[1];
        const from = x - WIDE + (step === 0 ? 34 : 78);
        edges.push(svg("path", { class: `um-${way.state}`, d: `M${from},${fromY}C${from + 22},${fromY} ${x - 26},${y} ${x - 5},${y}` }));
        const token = shown(way.token), label = token.length > 9 ? `${token.slice(0, 8)}…` : token;
        nodes.push(svg("text", { x, y: y + 4, class: `um-${way.state}${step === n - 1 ? " um-now" : ""}`, "data-state": way.state }, label + MARKS[way.state]));
      }));
      for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) tree.setAttribute(name, value);
      tree.setAttribute("aria-label", `Tree of ${count(n, "step", "steps")}; the table below lists the last one.`);
      tree.replaceChildren(...edges, ...nodes);
      scroller.scrollLeft = width;
    }

    function draw() {
      const n = model.get("step"), exponent = model.get("alpha");
      place.input.value = n;
      place.output.textContent = `${n} of ${steps.length}`;
      place.input.setAttribute("aria-valuetext", place.output.textContent);
      alpha.input.value = exponent;
      alpha.output.textContent = exponent.toFixed(1);
      alpha.input.setAttribute("aria-valuetext", alpha.output.textContent);
      back.setAttribute("aria-disabled", n === 0);
      next.setAttribute("aria-disabled", n === steps.length);

      const now = n ? steps[n - 1] : [];
      const fates = (state) => now.filter((way) => way.state === state).length;
      const parts = [count(fates("kept"), "goes on", "go on"), `${fates("ended")} ended`,
        ...(fates("beaten") ? [`${fates("beaten")} given up, for nothing that follows can win`] : []), `below them ${fates("cut")} cut`];
      sentence.textContent = n === 0 ? "Nothing is written yet: one live hypothesis, the empty one."
        : `Step ${n}: of all continuations the best ${now.length - fates("cut")} stay: ${parts.join(", ")}.`;
      drawTree(n);
      ways.replaceChildren(...now.map((way, i) => {
        const tokens = path(n - 1, i);
        return html("tr", { class: `um-${way.state}`, "data-way": way.state },
          html("td", {}, tokens.slice(0, -1).join("").trimStart(), html("b", {}, shown(tokens.at(-1)))),
          html("td", {}, signed(way.log_prob)), html("td", {}, FATES[way.state]));
      }));

      const scored = ended.filter((each) => each.step <= n)
        .map((each) => ({ ...each, score: each.logProb / penalty(each.length, exponent) }))
        .sort((a, b) => b.score - a.score);
      empty.hidden = scored.length > 0;
      ranking.hidden = winner.hidden = scored.length === 0;
      if (scored.length) winner.textContent = `With α = ${exponent.toFixed(1)} the best of ${scored.length} is “${scored[0].text}”.`;
      ranks.replaceChildren(...scored.map((each) => html("tr", { "data-score": each.score },
        html("td", {}, each.text), html("td", {}, String(each.length)), html("td", {}, signed(each.logProb)), html("td", {}, signed(each.score)))));
    }

    draw();
    return follow(model, ["step", "alpha"], draw);
  },
};
