// A training played back: the loss curve with a mark, and one example's attention there.
const LOWEST = 1e-6; // losses below are drawn here
const raised = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
const whole = (n) => n.toLocaleString("en-US");

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-scrubber");
    const losses = model.get("losses"), steps = model.get("steps"), maps = model.get("weights");
    const source = model.get("source"), target = model.get("target"), texts = model.get("texts");
    const awaited = new Map(model.get("expected").map(([i, j]) => [`${i},${j}`, [i, j]]));

    const input = html("input", { type: "range", min: 0, max: steps.length - 1, step: 1, input: () => go(+input.value) });
    const output = html("b", { "aria-hidden": "true" });
    const plot = svg("svg", { class: "um-losses", role: "img", pointerdown: drag, pointermove: drag });
    const sentence = html("p", { class: "um-summary", role: "status" });
    const corner = html("td", { class: "um-corner" }, "writes ↓, reads →");
    const head = html("tr", {}, corner, ...source.map((token) => html("th", { scope: "col" }, html("span", {}, token))));
    const cells = target.map((_, i) => source.map((_, j) => html("td", { "data-expected": awaited.has(`${i},${j}`) })));
    const table = html("table", {}, html("caption", {}), html("thead", {}, head),
      html("tbody", {}, ...cells.map((row, i) => html("tr", {}, html("th", { scope: "row" }, target[i]), ...row))));
    el.append(html("label", { class: "um-slider" }, html("span", {}, "Step of the training"), output, input), plot, sentence,
      html("div", { class: "um-scroll", tabindex: 0, role: "region", "aria-label": "Attention map" }, table));

    function go(moment) {
      model.set("moment", moment);
      model.save_changes();
      draw();
    }

    let width = 0, x = () => 0;
    function drag(event) {
      if (!event.buttons) return;
      const here = event.clientX - plot.getBoundingClientRect().left;
      const away = steps.map((step) => Math.abs(x(step) - here));
      go(away.indexOf(Math.min(...away)));
    }

    function draw() {
      const moment = model.get("moment"), step = steps[moment], map = maps[moment], loss = losses[step - 1];
      input.value = moment;
      output.textContent = whole(step);
      input.setAttribute("aria-valuetext", `step ${whole(step)}, loss ${loss}`);
      cells.forEach((row, i) => row.forEach((cell, j) => {
        cell.style.setProperty("--w", `${(100 * map[i][j]).toFixed(1)}%`);
        cell.dataset.weight = map[i][j];
        cell.replaceChildren(html("span", {}, map[i][j].toFixed(2)));
      }));
      const hits = [...awaited.values()].filter(([i, j]) => map[i][j] === Math.max(...map[i])).length;
      sentence.dataset.hits = hits;
      sentence.replaceChildren(`Step ${whole(step)}: loss `, html("b", {}, String(loss)), ". ",
        ...(texts.length ? ["The model writes ", html("b", {}, texts[moment] || "nothing"), ". "] : []),
        awaited.size ? `The largest weight stands on the outlined word in ${hits} of ${awaited.size} rows.` : "");
      table.querySelector("caption").textContent = `Attention weights after step ${whole(step)}`;
      chart(step, loss);
      plot.setAttribute("aria-label", `Loss of ${whole(losses.length)} steps on a logarithmic axis, from ${losses[0]} to ${losses.at(-1)}; marked: step ${whole(step)}.`);
    }

    function chart(step, loss) {
      const height = Math.round(Math.min(230, Math.max(180, width * 0.34)));
      const left = 46, right = width - 12, top = 24, bottom = height - 38;
      const seen = losses.map((value) => Math.log10(Math.max(value, LOWEST)));
      const low = Math.floor(Math.min(...seen)), high = Math.max(low + 1, Math.ceil(Math.max(...seen)));
      x = (n) => left + ((n - 1) / (losses.length - 1)) * (right - left);
      const y = (value) => bottom - ((Math.log10(Math.max(value, LOWEST)) - low) / (high - low)) * (bottom - top);
      const text = (tx, ty, content, anchor = "middle") => svg("text", { x: tx, y: ty, "text-anchor": anchor }, content);
      const nodes = [text(8, 13, "loss per token, logarithmic", "start"), text((left + right) / 2, height - 5, "step")];
      for (let n = low; n <= high; n++) nodes.push(svg("path", { class: "um-grid", d: `M${left},${y(10 ** n)}H${right}` }),
        text(left - 6, y(10 ** n) + 4, n === 0 ? "1" : `10${raised(n)}`, "end"));
      for (let n = 0; n <= 4; n++) {
        const at = Math.max(1, Math.round((losses.length * n) / 4));
        nodes.push(text(x(at), bottom + 16, whole(at), n === 4 ? "end" : "middle"));
      }
      // no more points than pixels: the mean of neighbours
      const each = Math.max(1, Math.ceil(losses.length / Math.max(60, right - left)));
      const points = [];
      for (let n = 0; n < losses.length; n += each) {
        const part = losses.slice(n, n + each);
        points.push([x(n + 1 + (part.length - 1) / 2), y(part.reduce((a, b) => a + b) / part.length)]);
      }
      nodes.push(svg("path", { class: "um-curve", d: points.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)},${py.toFixed(1)}`).join("") }),
        ...steps.map((n) => svg("path", { class: "um-saved", d: `M${x(n)},${bottom}v-6` })),
        svg("path", { class: "um-cursor", d: `M${x(step)},${top}V${bottom}` }),
        svg("circle", { class: "um-mark", cx: x(step), cy: y(loss), r: 6 }));
      plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
      plot.setAttribute("height", height);
      plot.replaceChildren(...nodes);
    }

    const observer = new ResizeObserver(() => {
      const now = Math.round(plot.clientWidth);
      if (now > 0 && now !== width) { width = now; draw(); }
    });
    observer.observe(plot);
    width = Math.round(plot.clientWidth) || 600;
    draw();
    const unfollow = follow(model, ["moment"], draw);
    return () => { observer.disconnect(); unfollow(); };
  },
};
