"""Small tools for syntax trees: copies with a change."""

import ast
import copy
from collections.abc import Iterator


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node, with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def swaps(items: list) -> Iterator[list]:
    """A list with two neighbours exchanged, at each place."""
    for n in range(len(items) - 1):
        yield [*items[:n], items[n + 1], items[n], *items[n + 2 :]]


def omissions(items: list) -> Iterator[list]:
    """A list with one item left out, at each place."""
    for n in range(len(items)):
        yield items[:n] + items[n + 1 :]


def called(function: ast.expr) -> str:
    """The name by which a function is called."""
    return getattr(function, "attr", getattr(function, "id", ""))


def stored(node: ast.Name) -> bool:
    """Whether a name is set here, and not read."""
    return isinstance(node.ctx, ast.Store)


def number(value: float) -> ast.expr:
    """A number as Python writes it: a minus is an operator."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | list[ast.stmt]) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST):
        return self.new if node is self.old else self.generic_visit(node)


def with_replaced(
    tree: ast.AST, old: ast.AST, new: ast.AST | list[ast.stmt]
) -> ast.AST:
    """A copy of a tree in which one node is another one, or several statements."""
    twins: dict[int, ast.AST] = {}
    tree = copy.deepcopy(tree, twins)
    return _Replace(twins[id(old)], copy.deepcopy(new)).visit(tree)
