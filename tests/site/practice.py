"""What Lighthouse would say of a page, as far as it does not depend on the machine."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from browsing import Visit
from playwright.sync_api import Page

# Before the page's own scripts: how much moves unasked, and who writes into the page.
RECORD = """
window.practice = { shift: 0, moved: [], written: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.practice.shift += entry.value;
    for (const { node } of entry.sources) {
      const text = (node?.textContent ?? "").trim().slice(0, 40);
      window.practice.moved.push(`${entry.value.toFixed(3)} ${text}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
for (const name of ["write", "writeln"]) {
  const before = document[name];
  document[name] = function (...text) {
    window.practice.written += 1;
    before.apply(document, text);
  };
}
"""
# a part of a file's address → what is on a page that may load it
USED = {
    "/mathjax/": "mjx-container",
    "/live-figure": ".um",
    "/live-cells": ".tag_live",
    "/copybutton": ".highlight",
    "/clipboard": ".highlight",
    "/togglebutton": ".toggle, .admonition.dropdown",
    "/design-tabs": ".sd-tab-set",
    "/sphinx-design": ".bd-article [class*='sd-']",
    "/mystnb": ".cell",
    "/exercise.css": ".exercise, .solution",
    "/searchindex": "#search-results",
    "/pyodide": "never",
    "/embed-amd": "never",
    "/require": "never",
}
CHECKS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const found = [];
  const say = (text, wrong) => { if (wrong) found.push(text); };
  const one = (selector) => say(`${all(selector).length} of ${selector}`,
    all(selector).length !== 1);
  say("no doctype", document.doctype?.name !== "html");
  say("no language", !document.documentElement.lang);
  one("meta[charset]");
  one("meta[name=viewport][content*='width=device-width']");
  one("meta[name=description]");
  one("link[rel=icon]");
  const titles = all("h1").filter((title) => title.checkVisibility());
  say(`${titles.length} of h1`, titles.length !== 1);
  const about = document.querySelector("meta[name=description]")?.content ?? "";
  const length = about.length;
  say(`description of ${length} letters`, length < 40 || length > 160);
  say("no title", document.title.trim().length < 5);
  say("a card but no canonical address",
    document.querySelector("meta[property='og:url']")
    && !document.querySelector("link[rel=canonical]"));
  say("document.write", window.practice.written);
  say("a javascript: address", all("[href^='javascript:']").length);
  for (const link of all("a")) {
    const href = link.getAttribute("href") ?? "";
    say(`no address: ${link.outerHTML.slice(0, 90)}`, !href);
    say(`opener: ${href}`, link.target === "_blank" && !/noopener/.test(link.rel));
    say(`insecure: ${href}`, href.startsWith("http:"));
  }
  for (const image of all("article img")) {
    const { naturalWidth: w, naturalHeight: h } = image;
    const box = image.getBoundingClientRect();
    const name = image.src.split("/").pop().slice(0, 12);
    say(`not loaded: ${name}`, !w);
    say(`no size: ${name}`, !image.matches("[width][height]"));
    if (!w || !box.width) continue;
    say(`out of shape: ${name}`, Math.abs(box.width / box.height / (w / h) - 1) > 0.02);
    say(`${w} pixels for ${Math.round(box.width)}: ${name}`, w > 2.5 * box.width);
  }
  const ids = all("article [id]").map((element) => element.id);
  const twice = ids.filter((id, n) => ids.indexOf(id) < n);
  say(`twice: ${twice.slice(0, 3)}`, twice.length);
  return found;
}"""
COUNTS = """() => ({
  "blocking scripts": [...document.querySelectorAll("head script[src]")].filter(
    (script) => !script.defer && !script.async && script.type !== "module").length,
  "style sheets": document.querySelectorAll("link[rel=stylesheet]").length,
  "styles that import others": [...document.styleSheets].filter((sheet) => {
    try { return [...sheet.cssRules].some((rule) => rule instanceof CSSImportRule); }
    catch { return false; } // from a folder, a page may not look into them
  }).length,
  elements: document.querySelectorAll("*").length,
  "layout shift": Math.round(1000 * window.practice.shift) / 1000,
})"""


def faults(page: Page) -> list[str]:
    """Return what is not good practice in a page that RECORD was put into."""
    return page.evaluate(CHECKS)


def unused(page: Page, visit: Visit) -> list[str]:
    """Return the files that a page loads though nothing on it uses them."""
    return [
        address
        for address in list(visit.sizes)
        for part, selector in USED.items()
        if part in urlsplit(address).path and not page.query_selector(selector)
    ]


def over(found: Mapping[str, float], limits: Mapping[str, float]) -> dict[str, float]:
    """Return those counts that are over their limits."""
    return {name: found[name] for name in limits if found[name] > limits[name]}


def parts(visit: Visit) -> str:
    """The kinds of files that a page loads, in kB, and the largest files."""
    kinds: dict[str, int] = {}
    for address, size in visit.sizes.items():
        kind = urlsplit(address).path.rpartition(".")[2]
        kinds[kind] = kinds.get(kind, 0) + size
    largest = sorted(visit.sizes.items(), key=lambda item: -item[1])[:8]
    lines = [f"{sum(kinds.values()) / 1000:.0f} kB in {len(visit.sizes)} files"]
    lines += [f"{size / 1000:8.1f} {kind}" for kind, size in sorted(kinds.items())]
    lines += [f"{size / 1000:8.1f} {urlsplit(url).path}" for url, size in largest]
    return "\n".join(lines)
