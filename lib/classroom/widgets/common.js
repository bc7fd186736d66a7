// Joined in front of each widget's module by classroom/widgets/__init__.py.

// Text always goes in as text nodes: data never becomes HTML.
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}
const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// JupyterLab leaves the keys to what carries this mark. Its shortcuts match the focused
// element before they look at the ancestors, so the mark on `el` alone is not enough.
function own(el) {
  const keep = (node) => { node.dataset.lmSuppressShortcuts = "true"; };
  keep(el);
  el.addEventListener("focusin", (event) => keep(event.target));
  el.classList.add("um");
}

// Follows traits that others may change (another view, the kernel); returns the undoing.
function follow(model, names, draw) {
  names.forEach((name) => model.on(`change:${name}`, draw));
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}
