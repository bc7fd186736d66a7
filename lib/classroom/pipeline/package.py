"""The package that the chapters build: one module per chapter that exports anything."""

import ast
import re

from .text import Chapter, defined_names

HEAD = "# Built from book/chapters/{stem}.md by `make chapters`: edit that file.\n"


def build_package(chapters: list[Chapter]) -> dict[str, str]:
    """The text of every file of `lib/unmasked`, by file name."""
    files = {"__init__.py": _front(chapters)}
    for chapter in chapters:
        if cells := chapter.exported():
            files[f"{chapter.module}.py"] = _module(chapter, cells)
    return files


def _module(chapter: Chapter, cells: list[str]) -> str:
    body = re.sub(r"^from unmasked\.", "from .", "\n\n\n".join(cells), flags=re.M)
    names = [n for n in defined_names(ast.parse(body)) if not n.startswith("_")]
    public = "".join(f'    "{name}",\n' for name in sorted(names))
    head = HEAD.format(stem=chapter.stem)
    return f"{head}{body}\n\n\n__all__ = [\n{public}]\n"


def _front(chapters: list[Chapter]) -> str:
    rows = "\n".join(
        f"    unmasked.{chapter.module}: chapter {chapter.number}"
        for chapter in chapters
        if chapter.exported()
    )
    return (
        "# Built from book/chapters by `make chapters`: edit the chapters.\n"
        '"""What the chapters of Transformers Unmasked build, one module each.\n\n'
        f'{rows}\n"""\n'
    )
