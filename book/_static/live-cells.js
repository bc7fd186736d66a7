/* Live cells: the page's `live` cells become editable and run in a worker.
   Nothing is loaded before the button is pressed. What Python answers enters the page
   as text, never as HTML. */
(function () {
  "use strict";

  const settings = JSON.parse(document.getElementById("live-settings").textContent);
  const here = document.currentScript.src;
  const base = new URL(settings.base, here);
  const source = base.origin === new URL(here).origin ? "this site" : base.host;
  const cells = [];
  let panel, worker, ready, waiting, running;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  // Text with marks, as the exercises write it: **bold**, *stress*, `code`, tables.

  function inline(text) {
    const marked = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/;
    return text.split(marked).map((part, n) => {
      if (n % 2 === 0) return part;
      if (part[0] === "`") return make("code", {}, part.slice(1, -1));
      const bold = part.startsWith("**");
      return make(bold ? "strong" : "em", {}, part.slice(bold ? 2 : 1, bold ? -2 : -1));
    });
  }

  function table(block) {
    const rows = block.split("\n").filter((line) => !/^[|\s:-]+$/.test(line));
    const lines = rows.map((line, n) => {
      const entries = line.replace(/^\||\|$/g, "").split("|");
      const tag = n ? "td" : "th";
      return make("tr", {}, ...entries.map((text) => make(tag, {}, ...inline(text.trim()))));
    });
    return make("table", { className: "table" }, ...lines);
  }

  function list(block) {
    const items = block.split(/\n?^- /m).filter(Boolean);
    return make("ul", {}, ...items.map((text) => make("li", {}, ...inline(text))));
  }

  function markdown(text) {
    const blocks = text.split(/^```\w*\n([\s\S]*?)\n```$/m).map((part, n) => {
      if (n % 2) return [make("pre", { className: "live-quoted" }, part)];
      return part.split(/\n{2,}/).filter((block) => block.trim()).map((block) => {
        const trimmed = block.trim();
        if (trimmed[0] === "|") return table(trimmed);
        if (trimmed.startsWith("- ")) return list(trimmed);
        return make("p", {}, ...inline(trimmed));
      });
    });
    return blocks.flat();
  }

  // Colours for edited code, with the class names of the page's own.

  const QUOTED = /"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/;
  const WORDS =
    "and as assert break class continue def del elif else except False finally for from" +
    " global if import in is lambda None not or pass raise return True try while with yield";
  const KINDS = [
    ["c1", /#.*/],
    ["s2", new RegExp(`(?:\\b[rbfuRBFU]{1,2})?(?:${QUOTED.source})`)],
    ["k", new RegExp(`\\b(?:${WORDS.replaceAll(" ", "|")})\\b`)],
    ["mi", /\b\d[\w.]*/],
    ["o", /[-+*/%@=<>!&|~^]+/],
  ];
  const TOKENS = new RegExp(KINDS.map(([, kind]) => `(${kind.source})`).join("|"), "g");

  function colour(pre, text) {
    pre.replaceChildren();
    let end = 0;
    for (const match of text.matchAll(TOKENS)) {
      const [className] = KINDS[match.slice(1).findIndex(Boolean)];
      pre.append(text.slice(end, match.index), make("span", { className }, match[0]));
      end = match.index + match[0].length;
    }
    pre.append(`${text.slice(end)}\n`);
  }

  // One cell.

  class Cell {
    constructor(element) {
      this.element = element;
      this.pre = element.querySelector(".cell_input pre");
      this.original = this.pre.textContent.replace(/\n+$/, "");
      this.shown = [...element.querySelectorAll(":scope > .cell_output")];
      this.number = cells.push(this);
      this.name = `live cell ${this.number}`;
      this.ran = false;
    }

    arm() {
      const { pre, name } = this;
      this.code = make("textarea", {
        value: this.original,
        spellcheck: false,
        autocapitalize: "off",
        autocomplete: "off",
        wrap: "off",
        "aria-label": `Code of ${name}. Control and Enter runs it, Tab leaves it.`,
      });
      const style = getComputedStyle(pre);
      for (const key of ["fontFamily", "fontSize", "lineHeight", "padding", "tabSize"]) {
        this.code.style[key] = style[key];
      }
      this.html = [...pre.childNodes];
      const box = make("div", { className: "live-code" });
      pre.replaceWith(box);
      box.append(make("div", {}, pre, this.code));
      pre.setAttribute("aria-hidden", "true");
      pre.removeAttribute("tabindex");
      this.code.addEventListener("input", () => this.edited());
      this.code.addEventListener("keydown", (event) => this.key(event));

      this.button = make("button", { type: "button", className: "live-run" });
      this.button.addEventListener("click", () => (running === this ? stop() : run(this)));
      const reset = make("button", { type: "button", textContent: "Reset" });
      reset.setAttribute("aria-label", `Reset ${name}`);
      reset.addEventListener("click", () => this.restore());
      const title = make("span", { className: "live-name" }, `Live cell ${this.number}`);
      this.status = make("span", { className: "live-status", role: "status" });
      const bar = make("div", { className: "live-bar" }, this.button, reset, title, this.status);
      this.output = make("div", { className: "live-output", role: "group" });
      this.output.setAttribute("aria-label", `Output of ${name}`);
      this.element.append(bar, ...this.shown, this.output);
      this.element.classList.add("live-armed");
      this.offer("Run");
    }

    offer(word) {
      this.button.textContent = word;
      this.button.setAttribute("aria-label", `${word} ${this.name}`);
    }

    edited() {
      colour(this.pre, this.code.value);
      this.say(this.ran ? "Edited since it ran." : "");
    }

    key(event) {
      if (event.key !== "Enter" || event.isComposing) return;
      if (event.ctrlKey || event.shiftKey || event.metaKey) {
        event.preventDefault();
        run(this);
        return;
      }
      // a new line begins where the last one did, and deeper after a colon
      const before = this.code.value.slice(0, this.code.selectionStart).split("\n").pop();
      const indent = before.match(/^ */)[0] + (/:\s*(#.*)?$/.test(before) ? "    " : "");
      if (indent) {
        event.preventDefault();
        document.execCommand("insertText", false, `\n${indent}`);
      }
    }

    say(text) {
      this.status.textContent = text;
    }

    show(result, seconds) {
      const parts = [];
      if (result.text) parts.push(make("pre", {}, result.text.replace(/\n$/, "")));
      parts.push(...markdown(result.markdown || ""));
      result.figures.forEach((figure, n) => parts.push(this.figure(figure, n)));
      if (result.error) parts.push(make("pre", { className: "live-error" }, result.error));
      this.shown.forEach((box) => box.classList.add("live-replaced"));
      this.output.replaceChildren(...parts);
      this.ran = true;
      this.say(`${result.error ? "Stopped with an error" : "Done"}, ${seconds.toFixed(2)} s.`);
    }

    // Where the code is still the page's own, so are the figure's text and caption.
    figure({ png, alt }, n) {
      const own = this.code.value === this.original;
      const all = (selector) => this.shown.flatMap((box) => [...box.querySelectorAll(selector)]);
      const image = make("img", { src: `data:image/png;base64,${png}`, alt });
      const figure = make("figure", {}, image);
      if (own && all("img")[n]) {
        image.alt = all("img")[n].alt || alt;
        figure.append(...all("figcaption").slice(n, n + 1).map((each) => {
          const caption = each.cloneNode(true);
          caption.querySelectorAll(".headerlink").forEach((link) => link.remove());
          return caption;
        }));
      }
      return figure;
    }

    restore() {
      this.code.value = this.original;
      this.pre.replaceChildren(...this.html);
      this.output.replaceChildren();
      this.shown.forEach((box) => box.classList.remove("live-replaced"));
      this.say("The page's own code and output again.");
    }
  }

  // Python.

  function boot() {
    waiting = null;
    worker = new Worker(new URL("live-worker.js", here));
    const began = performance.now();
    ready = new Promise((resolve, reject) => {
      const fail = (text) => (waiting ? waiting({ fatal: text }) : reject(new Error(text)));
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message || "the worker could not be started");
      };
      worker.onmessage = ({ data }) => {
        if (data.state) panel.say(data.state);
        else if (data.ready) resolve((performance.now() - began) / 1000);
        else if (data.result) waiting(data);
        else fail(data.fatal);
      };
    });
    worker.postMessage({
      base: base.href,
      library: new URL(settings.library, here).href,
      imports: settings.imports,
    });
    return ready;
  }

  function ask(message) {
    return new Promise((resolve) => {
      waiting = (data) => {
        waiting = null;
        resolve(data);
      };
      worker.postMessage(message);
    });
  }

  async function run(cell) {
    if (running) {
      cell.say(`Python is busy with cell ${running.number}.`);
      return;
    }
    running = cell;
    cell.offer("Stop");
    const mine = worker;
    const earlier = cells.slice(0, cell.number - 1).filter((each) => !each.ran);
    const first = earlier.length === 1 ? "1 cell" : `${earlier.length} cells`;
    try {
      cell.say("Waiting for Python …");
      await ready;
      for (const each of [...earlier, cell]) {
        each.say(each === cell ? "Running …" : `Running first, for cell ${cell.number} …`);
        const began = performance.now();
        const label = `cell ${each.number}`;
        const answer = await ask({ source: each.code.value, label });
        if (worker !== mine) return;
        if (answer.fatal) throw new Error(answer.fatal);
        each.show(answer.result, (performance.now() - began) / 1000);
        if (answer.result.error && each !== cell) {
          cell.say(`Not run: cell ${each.number} above stopped with an error.`);
          return;
        }
      }
      if (earlier.length) cell.say(`${cell.status.textContent} Before it ran ${first} above.`);
    } catch (error) {
      if (worker === mine) cell.say(`Python failed: ${error.message}. Reload the page.`);
    } finally {
      if (worker === mine) {
        running = null;
        cell.offer("Run");
      }
    }
  }

  function stop() {
    const cell = running;
    worker.terminate();
    running = null;
    cells.forEach((each) => {
      each.ran = false;
      if (/^Running/.test(each.status.textContent)) each.say("Stopped.");
    });
    cell.offer("Run");
    cell.say("Stopped. A new Python starts, in which no cell has run yet.");
    start("Stopped. A new Python is ready; no cell has run in it yet");
  }

  // The panel at the top.

  async function start(greeting) {
    const promise = boot();
    const mine = worker;
    try {
      const seconds = await promise;
      if (worker !== mine) return;
      panel.say(`${greeting} (${seconds.toFixed(1)} s).`);
      panel.element.dataset.seconds = seconds.toFixed(2);
    } catch (error) {
      if (worker !== mine) return;
      panel.say(
        `Python could not be loaded from ${source}: ${error.message}.` +
          " Everything else on this page works without it.",
      );
      panel.button.hidden = false;
      panel.button.textContent = "Try again";
    }
  }

  function begin() {
    if (location.protocol === "file:") {
      panel.say(
        "This page was opened from a folder, and there a browser starts no Python." +
          " Run make serve and open the address that it prints.",
      );
      return;
    }
    if (!cells[0].code) cells.forEach((cell) => cell.arm());
    panel.button.hidden = true;
    panel.help.hidden = false;
    panel.status.tabIndex = -1;
    panel.status.focus();
    start("Python is ready");
  }

  function addPanel() {
    const button = make("button", { type: "button", className: "live-start" });
    button.textContent = "Run this page's NumPy cells here";
    button.addEventListener("click", begin);
    const what = make("p", {},
      `Loads Python for the browser (Pyodide ${settings.version}), NumPy, Matplotlib` +
      ` and this course's exercises: ${settings.megabytes} MB at most, from ${source}.` +
      " Nothing is loaded before, and what you write stays in this page.");
    const help = make("p", { hidden: true },
      `The ${cells.length} cells marked “Live cell” can be edited. Control and Enter,` +
      " or Shift and Enter, runs one, and first those above it that have not run yet.");
    const status = make("p", { className: "live-status", role: "status" });
    const element = make("section", { className: "live-panel" }, button, what, help, status);
    element.setAttribute("aria-label", "Live cells");
    panel = { element, button, help, status, say: (text) => { status.textContent = text; } };
    document.querySelector(".bd-article h1").after(element);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".bd-article div.cell.tag_live").forEach((element) => {
      if (element.querySelector(".cell_input pre")) new Cell(element);
    });
    if (cells.length) addPanel();
  });
})();
