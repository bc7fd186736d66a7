"""The docs corpus: docstrings of the installed numpy, torch and matplotlib.

They are read from the packages' source files with `ast`: nothing is imported, nothing
is downloaded. The page "The data" says what comes out and why each step is there.
"""

import ast
import inspect
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tqdm import tqdm

from classroom.corpora.splits import draw

# Where each package's source lies; mpl_toolkits is shared with other projects.
FOLDERS = {
    "numpy": ("numpy",),
    "torch": ("torch",),
    "matplotlib": (
        "matplotlib",
        "mpl_toolkits/axes_grid1",
        "mpl_toolkits/axisartist",
        "mpl_toolkits/mplot3d",
    ),
}
# Tests, code of other projects, and what differs between wheels of one version:
# distutils comes with Python 3.11 only, the others hold build settings.
SKIPPED_NAMES = {"tests", "conftest", "_vendor", "_appdirs", "distutils"}
SKIPPED_NAMES |= {"version", "_version", "__config__"}
SKIPPED_MODULES = ("torch.testing._internal",)
# Stubs that document compiled objects, and the names by which users know these.
PUBLIC = {
    "torch._C._VariableFunctions.": "torch.",
    "torch._VF.": "torch.",
    "torch._C.TensorBase.": "torch.Tensor.",
}

MIN_WORDS = 12
SHINGLE = 5  # words
MAX_OVERLAP = 0.5

ASCII = str.maketrans(
    {"—": "-", "–": "-", "−": "-", "’": "'", "“": '"', "”": '"', "→": "->"}
    | {"≤": "<=", "≥": ">=", "─": "-", "│": "|"}
    | dict.fromkeys("├┤┬┴┼┌┐└┘", "+")
)
# A line that holds nothing but a slot which the package fills at import.
SLOT = re.compile(r"^ *(\$?\{\w+\}|%\([\w:]+\)s) *$", re.MULTILINE)


@dataclass(frozen=True)
class Docstring:
    """One docstring: the package that it comes from, its object's name, its text."""

    package: str
    name: str
    text: str


def extract(root: Path | None = None) -> list[Docstring]:
    """Read every docstring of the three packages, cleaned; shows a progress bar.

    Args:
        root: folder that holds the packages; where Python finds them if not given.

    Raises:
        ModuleNotFoundError: one of the packages is not installed.
    """
    files = [
        (package, path, module)
        for package, folders in FOLDERS.items()
        for folder in folders
        for path, module in _modules(root or _site(package), folder)
    ]
    found = []
    for package, path, module in tqdm(
        files, desc="reading docstrings (once)", unit="file", leave=False
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in their strings
            try:
                tree = ast.parse(path.read_bytes())
            except SyntaxError:  # written for a newer Python than this one
                continue
        found += [
            Docstring(package, _public(name), clean(text))
            for name, text in _documented(tree, module)
            if text
        ]
    return found


def clean(text: str) -> str:
    """Return the text unindented, in ASCII, without empty slots and spare blanks."""
    # `cleandoc` treats spaces other than " " differently from one Python to another
    text = inspect.cleandoc(re.sub(r"[^\S\n]", " ", text.expandtabs()))
    text = text.translate(ASCII).encode("ascii", "replace").decode()
    text = re.sub(r"[^\n -~]", "", SLOT.sub("", text))
    text = re.sub(r" +$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def select(found: Iterable[Docstring]) -> list[Docstring]:
    """Drop very short docstrings and near-duplicates; put the rest in a fixed order.

    From the longest to the shortest, a docstring is dropped if half of its runs of
    five words occur in one that was kept. Exact: every pair is compared, by an index
    from runs to the docstrings that hold them.
    """
    runs = {doc: _shingles(doc.text) for doc in found}
    kept: list[Docstring] = []
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for doc in sorted(runs, key=lambda doc: (-len(runs[doc]), doc.name, doc.text)):
        if len(_words(doc.text)) < MIN_WORDS:
            continue
        shared = Counter[int]()
        for run in runs[doc]:
            if run in holders:
                shared.update(holders[run])
        if max(shared.values(), default=0) >= MAX_OVERLAP * len(runs[doc]):
            continue
        for run in runs[doc]:
            holders[run].append(len(kept))
        kept.append(doc)
    return sorted(kept, key=lambda doc: draw(f"{doc.name}\n{doc.text}"))


def subject(name: str) -> str:
    """Return what an object is about, by its name; one subject lies in one split.

    `numpy.linalg.norm`, `torch.norm` and `torch.Tensor.norm` share a subject, as do
    `torch.nn.MaxPool2d`, its `__init__` and `torch.nn.functional.max_pool2d`.
    """
    *path, last = name.split(".")
    if path and last.startswith("__"):
        last = path[-1]
    return last.replace("_", "").lower()


def _site(package: str) -> Path:
    """Return the folder that holds a package, without importing the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"the docs corpus reads the source of {package}, which is not installed: "
            "run `pip install -r requirements.txt`"
        )
    return Path(spec.origin).parents[1]


def _modules(site: Path, folder: str) -> Iterator[tuple[Path, str]]:
    """Yield the source and stub files of a folder with the names of their modules."""
    paths = (p for p in (site / folder).rglob("*.py*") if p.suffix in (".py", ".pyi"))
    for path in sorted(paths, key=lambda path: path.as_posix()):
        parts = path.relative_to(site).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        if SKIPPED_NAMES.isdisjoint(parts) and not module.startswith(SKIPPED_MODULES):
            yield path, module


def _documented(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """Yield (name, raw docstring) of all that is documented at and below a node."""
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            name = f"{name}.{node.name}"
            yield name, ast.get_docstring(node, clean=False) or ""
        case ast.Module():
            yield name, ast.get_docstring(node, clean=False) or ""
        case ast.Assign(targets=[ast.Name(target)], value=ast.Call() as call):
            yield from ((f"{name}.{target}", text) for _, text in _attached(call))
        case ast.Expr(ast.Call() as call):
            for path, text in _attached(call):
                absolute = path.split(".")[0] in FOLDERS
                yield path if absolute else f"{name}.{path}", text
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler)):
            yield from _documented(child, name)


def _attached(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield what `add_newdoc("numpy", "zeros", "Return …")` and its like attach."""
    function = ast.unparse(call.func).split(".")[-1].lstrip("_")
    if not function.startswith(("add_docstr", "add_newdoc")):
        return
    path = []
    for argument in call.args:
        grouped = isinstance(argument, ast.Tuple | ast.List)
        for part in argument.elts if grouped else [argument]:
            text = _literal(part)
            if " " in text:
                yield ".".join(path), text
            elif isinstance(part, ast.Name | ast.Attribute):
                path.append(ast.unparse(part))
            elif text.replace(".", "").isidentifier():
                path.append(text)


def _literal(node: ast.AST) -> str:
    """Return the literal text in an expression that builds a string."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.BinOp(left, _, right):
            return _literal(left) + _literal(right)
        case ast.JoinedStr(parts):
            return "".join(map(_literal, parts))
        case ast.Call(ast.Attribute(inner, "format")):
            return _literal(inner).replace("{{", "{").replace("}}", "}")
    return ""


def _public(name: str) -> str:
    for private, public in PUBLIC.items():
        if name.startswith(private):
            return public + name.removeprefix(private)
    return name


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _shingles(text: str) -> frozenset[str]:
    words = _words(text)
    starts = range(len(words) - SHINGLE + 1)
    return frozenset(" ".join(words[i : i + SHINGLE]) for i in starts)
