// Attention weights of a translation: a row for each target token, a column for each source token.
export default {
  render({ model, el }) {
    own(el);
    const examples = model.get("examples");
    const select = html("select", { change: show },
      ...examples.map((each, n) => html("option", { value: n }, each.title)));
    const overlay = html("input", { type: "checkbox", checked: true, change: () => {
      grid.classList.toggle("um-plain", !overlay.checked);
    } });
    const overlayRow = html("label", { class: "um-check" }, overlay, " outline the expected alignment");
    const grid = html("div", { role: "grid", class: "um-heat", keydown: step });
    const reading = html("p", { class: "um-reading" });
    const score = html("p", { class: "um-score" });
    const picker = html("label", { class: "um-picker" }, "Example ", select);
    picker.hidden = examples.length < 2;
    el.append(html("div", { class: "um-bar" }, picker, overlayRow),
      html("div", { class: "um-panes" }, html("div", { class: "um-scroll" }, grid),
        html("div", { class: "um-side" }, reading, score,
          html("p", { class: "um-scale" }, "weight 0 ", html("i", { "aria-hidden": "true" }), " 1"))));

    let example, cells, rowHeads, columnHeads, here; // here: [target, source] of the cell shown

    function show() {
      example = examples[+select.value];
      const { source, target, weights, expected } = example;
      const awaited = new Set(expected.map(([i, j]) => `${i},${j}`));
      const head = (role, token) => html("div", { role, class: "um-token" }, html("span", {}, token));
      columnHeads = source.map((token) => head("columnheader", token));
      rowHeads = target.map((token) => head("rowheader", token));
      cells = weights.map((row, i) => row.map((weight, j) => {
        const go = () => at(i, j);
        return html("div", {
          role: "gridcell", tabindex: -1, class: "um-cell", style: `--w: ${(100 * weight).toFixed(1)}%`,
          "data-expected": awaited.has(`${i},${j}`), pointerenter: go, pointerdown: go, focus: go,
          "aria-label": `${target[i]}, ${source[j]}: ${weight.toFixed(2)}${awaited.has(`${i},${j}`) ? ", expected" : ""}`,
        });
      }));
      grid.style.setProperty("--columns", source.length);
      grid.setAttribute("aria-label", `Attention weights, ${example.title}: ${target.length} target tokens by ${source.length} source tokens`);
      grid.classList.toggle("um-long", source.some((token) => [...token].length > 2));
      grid.replaceChildren(
        html("div", { role: "row" }, html("div", { role: "columnheader", class: "um-corner" },
          html("span", {}, "target ↓"), html("span", {}, "source →")), ...columnHeads),
        ...cells.map((row, i) => html("div", { role: "row" }, rowHeads[i], ...row)));
      overlayRow.hidden = !expected.length;
      const rows = [...new Set(expected.map(([i]) => i))];
      const hits = rows.filter((i) => awaited.has(`${i},${weights[i].indexOf(Math.max(...weights[i]))}`));
      score.textContent = rows.length
        ? `The largest weight of a row stands on the expected cell in ${hits.length} of ${rows.length} rows.` : "";
      here = null;
      at(0, weights[0].indexOf(Math.max(...weights[0])));
    }

    function at(i, j) {
      const mark = (on) => {
        const [row, column] = here;
        cells[row][column].tabIndex = on ? 0 : -1;
        [cells[row][column], rowHeads[row], columnHeads[column]].forEach((node) => node.classList.toggle("um-here", on));
      };
      if (here) mark(false);
      here = [i, j];
      mark(true);
      reading.replaceChildren("Writing ", html("b", {}, example.target[i]), ", the decoder gives ",
        html("b", {}, example.source[j]), " the weight ", html("b", {}, example.weights[i][j].toFixed(2)),
        cells[i][j].dataset.expected === undefined ? "." : " (expected here).");
    }

    function step(event) {
      const [i, j] = here, rows = cells.length - 1, columns = cells[0].length - 1;
      const to = { ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1],
        Home: [i, 0], End: [i, columns] }[event.key];
      if (!to) return;
      event.preventDefault();
      cells[Math.min(rows, Math.max(0, to[0]))][Math.min(columns, Math.max(0, to[1]))].focus();
    }

    show();
    return () => {}; // nothing is held beyond the widget's own nodes
  },
};
