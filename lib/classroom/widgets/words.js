// A map of words: find one, see its neighbours, move closer.
const CLOSEST = 8, NEAREST = 32, STEP = 0.25; // neighbours without a list; largest zoom; share of the view that an arrow moves
const MARKS = [ // per group: colour, and a shape, since colour alone is not enough
  ["--um-blue", "m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z"],
  ["--um-orange", "m-3.6,-3.6h7.2v7.2h-7.2z"],
  ["--um-violet", "m0,-5.4l5.4,5.4l-5.4,5.4l-5.4,-5.4z"],
  ["--um-teal", "m0,-5.4l5.2,9h-10.4z"],
  ["--um-blue", "m-4.6,-2.6l2,-2l2.6,2.6l2.6,-2.6l2,2l-2.6,2.6l2.6,2.6l-2,2l-2.6,-2.6l-2.6,2.6l-2,-2l2.6,-2.6z"],
  ["--um-orange", "m-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0zm2.4,0a2.6,2.6 0 1,1 5.2,0a2.6,2.6 0 1,1 -5.2,0z"],
  ["--um-violet", "m-1.5,-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z"],
  ["--um-teal", "m0,5.4l5.2,-9h-10.4z"],
];
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export default {
  render({ model, el }) {
    own(el);
    el.classList.add("um-wordmap");
    const points = model.get("points"), words = model.get("words"), groups = model.get("groups"), listed = model.get("neighbours");
    const kinds = groups.length ? [...new Set(groups)] : [""], kind = words.map((_, n) => kinds.indexOf(groups[n] ?? ""));
    const lower = words.map((word) => word.toLowerCase());
    const size = words.length > 600 ? 0.65 : words.length > 150 ? 0.8 : 1;
    const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
    const high = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
    const centre = low.map((value, axis) => (value + high[axis]) / 2);
    const view = { at: [...centre], zoom: 1 };

    const map = svg("svg", { class: "um-map", tabindex: 0, role: "group", keydown: key, pointerdown: press, pointermove: pan, pointerup: release,
      "aria-label": `Map of ${words.length} words. Arrow keys move it, plus and minus zoom; the search box finds a word.` });
    const layers = { links: svg("g"), marks: svg("g"), rings: svg("g"), names: svg("g") };
    map.append(...Object.values(layers));
    const button = (label, sign, act) => html("button", { type: "button", "aria-label": label, title: label, click: act }, sign);
    const [further, closer, whole] = [
      button("Zoom out", "−", () => zoom(0.5)), button("Zoom in", "+", () => zoom(2)),
      html("button", { type: "button", click: () => { view.at = [...centre]; view.zoom = 1; draw(); } }, "Whole map")];
    const arrows = [["left", "←", -1, 0], ["right", "→", 1, 0], ["up", "↑", 0, 1], ["down", "↓", 0, -1]].map(
      ([where, sign, x, y]) => button(`Move ${where}`, sign, () => shift(x, y)));
    const input = html("input", { type: "search", autocomplete: "off", spellcheck: "false", input: search,
      keydown: (event) => { if (event.key === "Enter" && found()[0] != null) select(found()[0]); } });
    const matches = html("div", { class: "um-matches" });
    const sentence = html("p", { class: "um-said", role: "status", tabindex: -1 });
    const near = html("ol");
    const legend = html("ul", { class: "um-key" }, ...(groups.length ? kinds : []).map((name, n) => html("li", {},
      svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: `M0,0${MARKS[n][1]}`, fill: `var(${MARKS[n][0]})` })), name)));
    el.append(
      html("label", { class: "um-search" }, "Find a word", input), matches,
      html("div", { class: "um-sides" },
        html("div", { class: "um-chart" }, map, legend,
          html("div", { class: "um-bar", role: "group", "aria-label": "View" }, further, closer, whole, ...arrows)),
        html("div", { class: "um-side" }, sentence, near)));

    const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const around = (n) => listed[n] ?? words.map((_, other) => other).filter((other) => other !== n)
      .sort((a, b) => distance(points[a], points[n]) - distance(points[b], points[n])).slice(0, CLOSEST);
    const named = (n) => html("button", { type: "button", "data-word": n, click: () => select(n) }, words[n],
      ...(groups.length ? [html("small", {}, groups[n])] : []));

    function found() { // the word itself, then words that begin like it, then words that hold it
      const wanted = input.value.trim().toLowerCase();
      if (!wanted) return [];
      const rank = (word) => (word === wanted ? 0 : word.startsWith(wanted) ? 1 : word.includes(wanted) ? 2 : 3);
      return words.map((_, n) => n).filter((n) => rank(lower[n]) < 3).sort((a, b) => rank(lower[a]) - rank(lower[b]) || a - b);
    }
    function search() {
      const all = found(), wanted = input.value.trim();
      matches.replaceChildren(...(wanted && !all.length ? [`No word here holds “${wanted}”.`] : all.slice(0, 8).map(named)),
        ...(all.length > 8 ? [`and ${all.length - 8} more`] : []));
      if (lower[all[0]] === wanted.toLowerCase() && all[0] !== model.get("selected")) choose(all[0]);
    }
    function select(n) {
      // A button that was pressed is about to go: the focus goes to what it brought.
      if ([matches, near].some((list) => list.contains(document.activeElement))) sentence.focus({ preventScroll: true });
      input.value = words[n];
      matches.replaceChildren();
      choose(n);
    }
    function choose(n) {
      model.set("selected", n);
      model.save_changes();
      draw();
    }

    let width = 0, height = 0;
    const scale = () => Math.min((width - 60) / (high[0] - low[0] || 1), (height - 40) / (high[1] - low[1] || 1)) * view.zoom;
    const place = ([x, y]) => [width / 2 + (x - view.at[0]) * scale(), height / 2 - (y - view.at[1]) * scale()];
    const inside = ([x, y], edge = 0) => x >= edge && x <= width - edge && y >= edge && y <= height - edge;
    function look(x, y) {
      view.at = [x, y].map((value, axis) => clamp(value, low[axis], high[axis]));
      draw();
    }
    function shift(x, y, share = STEP) {
      if (view.zoom > 1) look(view.at[0] + (x * share * width) / scale(), view.at[1] + (y * share * height) / scale());
    }
    function zoom(factor) {
      const n = model.get("selected"), before = view.zoom;
      view.zoom = clamp(view.zoom * factor, 1, NEAREST);
      if (view.zoom === 1) look(...centre);
      else if (factor > 1 && before === 1 && n >= 0) look(...points[n]);
      else draw();
    }
    function key(event) {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      const factor = { "+": 2, "=": 2, "-": 0.5 }[event.key];
      if (!by && !factor) return;
      event.preventDefault();
      if (by) shift(...by); else zoom(factor);
    }

    let pressed = null; // a mouse moves the map, a finger scrolls the page; both choose words
    function press(event) {
      pressed = { x: event.clientX, y: event.clientY, moved: false };
      if (event.pointerType === "mouse") map.setPointerCapture(event.pointerId);
    }
    function pan(event) {
      if (!pressed || !event.buttons || event.pointerType !== "mouse") return;
      const [x, y] = [event.clientX - pressed.x, event.clientY - pressed.y];
      if (!pressed.moved && Math.hypot(x, y) < 5) return;
      pressed = { x: event.clientX, y: event.clientY, moved: true };
      shift(-x / width, y / height, 1);
    }
    function release(event) {
      if (pressed && !pressed.moved) {
        const box = map.getBoundingClientRect(), at = [event.clientX - box.left, event.clientY - box.top];
        const gaps = points.map((point) => distance(place(point), at)), best = gaps.indexOf(Math.min(...gaps));
        if (gaps[best] < (event.pointerType === "mouse" ? 14 : 26)) select(best);
      }
      pressed = null;
    }

    function draw() {
      const chosen = model.get("selected"), close = chosen < 0 ? [] : around(chosen);
      const places = points.map(place);
      if (chosen >= 0 && chosen !== draw.last && !inside(places[chosen], 12)) {
        draw.last = chosen;
        return look(...points[chosen]);
      }
      draw.last = chosen;
      map.setAttribute("viewBox", `0 0 ${width} ${height}`);
      map.setAttribute("height", height);
      layers.marks.setAttribute("transform", `scale(${size})`);
      layers.marks.replaceChildren(...kinds.map((_, group) => {
        const members = places.filter((at, n) => kind[n] === group && inside(at, -8));
        const d = members.map(([x, y]) => `M${(x / size).toFixed(1)},${(y / size).toFixed(1)}${MARKS[group][1]}`).join("");
        return svg("path", { class: "um-mark", d, fill: `var(${MARKS[group][0]})`, "data-count": members.length });
      }));
      layers.links.replaceChildren(...close.map((n) => svg("path", { class: "um-link", d: `M${places[chosen]}L${places[n]}` })));
      const ring = (n, r, more) => svg("circle", { class: `um-ring ${more}`, cx: places[n][0], cy: places[n][1], r });
      layers.rings.replaceChildren(...close.map((n) => ring(n, 7, "")), ...(chosen < 0 ? [] : [ring(chosen, 10, "um-chosen")]));
      name(places, chosen, close);

      near.replaceChildren(...close.map((n) => html("li", {}, named(n))));
      sentence.replaceChildren(...(chosen < 0 ? ["No word chosen: type one, or press a point."]
        : [html("b", {}, words[chosen]), ...(groups.length ? [` (${groups[chosen]})`] : []), listed.length
          ? ": nearest in the full space, which the map can only hint at" : ": nearest on this map, by distance in its two dimensions"]));
      further.setAttribute("aria-disabled", view.zoom <= 1);
      closer.setAttribute("aria-disabled", view.zoom >= NEAREST);
      [whole, ...arrows].forEach((node) => node.setAttribute("aria-disabled", view.zoom <= 1));
    }

    function name(places, chosen, close) { // as many names as fit, those that matter first
      const taken = [], nodes = [], most = (width * height) / 5000;
      const first = [...new Set([chosen, ...close])].filter((n) => n >= 0);
      for (const n of [...first, ...words.keys()]) {
        if (nodes.length > most) break;
        const [x, y] = places[n], bold = first.includes(n), long = (bold ? 7.6 : 7) * [...words[n]].length + 4;
        const side = x + 9 + long < width ? 1 : -1, left = side > 0 ? x + 9 : x - 9 - long;
        const box = [left, y - 8, left + long, y + 8];
        if (!inside([x, y]) || left < 0 || taken.some(([a, b, c, e]) => box[0] < c && box[2] > a && box[1] < e && box[3] > b)) continue;
        taken.push(box);
        nodes.push(svg("text", { x: x + 9 * side, y: y + 4, "text-anchor": side > 0 ? "start" : "end", class: n === chosen ? "um-chosen" : bold ? "um-near" : null }, words[n]));
      }
      layers.names.replaceChildren(...nodes.reverse());
    }

    const observer = new ResizeObserver(() => {
      const now = Math.round(map.clientWidth);
      if (now > 0 && now !== width) { measure(now); draw(); }
    });
    const measure = (now) => { width = now; height = Math.round(clamp(now * 0.85, 260, 420)); };
    observer.observe(map);
    measure(Math.round(map.clientWidth) || 440);
    draw();
    const unfollow = follow(model, ["selected"], draw);
    return () => { observer.disconnect(); unfollow(); };
  },
};
