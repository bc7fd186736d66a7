"""A chapter has the number of its file, `NN_name`, also where one before is missing.

Sphinx, sphinx-multitoc-numbering and sphinx-external-toc count the pages. Their numbers
are corrected before those of the figures are made from them.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector

CHAPTER = re.compile(r"book/notebooks/(\d\d)_\w+")


def renumber(env: BuildEnvironment) -> None:
    """Give each chapter, its sections and its place in the contents its own number."""
    for docname, numbers in env.toc_secnumbers.items():
        if not (match := CHAPTER.fullmatch(docname)):
            continue
        chapter = int(match[1])
        for anchor, number in numbers.items():
            if number:
                numbers[anchor] = (chapter, *number[1:])
        for node in [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]:
            if number := node.get("secnumber"):
                node["secnumber"] = [chapter, *number[1:]]


def install(app: Sphinx) -> None:
    """Correct whatever numbering is in use, once every extension is set up."""
    # sphinx-external-toc puts a collector of its own in the place of Sphinx's
    collector = (TocTreeCollector.__subclasses__() or [TocTreeCollector])[-1]
    assign = collector.assign_section_numbers
    if getattr(assign, "corrected", False):
        return

    def assign_and_correct(self, env: BuildEnvironment) -> list[str]:
        rewritten = assign(self, env)
        renumber(env)
        return rewritten

    assign_and_correct.corrected = True
    collector.assign_section_numbers = assign_and_correct


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("builder-inited", install)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
