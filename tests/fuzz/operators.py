"""What can be changed in a piece of code: node of the syntax tree → replacements.

Each operator is a slip that a learner could make: another sign, another axis, a call
left out, a bound off by one, two arguments the wrong way round.
"""

import ast
from collections.abc import Callable, Iterator

from .tree import called, changed, number, omissions, stored, swaps, with_replaced

Operator = Callable[[ast.AST], Iterator[ast.AST | list[ast.stmt]]]
OPERATORS: dict[type[ast.AST], list[Operator]] = {}

ARITHMETIC = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Div, ast.Mod],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
COMPARISONS = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
TWINS = [
    {"max", "min"},
    {"amax", "amin"},
    {"argmax", "argmin"},
    {"any", "all"},
    {"sum", "mean"},
    {"sin", "cos"},
    {"zeros", "ones"},
    {"zeros_like", "ones_like"},
    {"exp", "log"},
    {"sqrt", "square"},
    {"tril", "triu"},
    {"softmax", "log_softmax"},
    {"eval", "train"},
    {"append", "extend"},
    {"cumsum", "cumprod"},
    {"hstack", "vstack"},
    {"items", "keys"},
    {"clamp", "clamp_"},
    {"masked_fill", "masked_fill_"},
    {"scatter", "scatter_"},
]
# the order of their arguments is free
SYMMETRIC = {"logaddexp", "max", "maximum", "min", "minimum", "swapaxes", "transpose"}
NAMES = {a: b for twins in TWINS for a in twins for b in twins - {a}}


def operator(*kinds: type[ast.AST]) -> Callable[[Operator], Operator]:
    """Enter an operator for nodes of these kinds."""

    def enter(function: Operator) -> Operator:
        for kind in kinds:
            OPERATORS.setdefault(kind, []).append(function)
        return function

    return enter


# expressions -------------------------------------------------------------------------


@operator(ast.BinOp)
def another_operation(node):
    for other in ARITHMETIC.get(type(node.op), []):
        yield changed(node, op=other())
    if not isinstance(node.op, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)):
        yield changed(node, left=node.right, right=node.left)
    yield node.left
    yield node.right


@operator(ast.AugAssign)
def another_update(node):
    for other in ARITHMETIC.get(type(node.op), []):
        yield changed(node, op=other())
    yield ast.Assign([node.target], node.value)


@operator(ast.UnaryOp)
def no_sign(node):
    if isinstance(node.operand, ast.Constant) and node.operand.value:
        value = node.operand.value  # a negative number
        for other in (value, -value + 1, -value - 1, 0):
            yield number(other)
    else:
        yield node.operand


@operator(ast.BoolOp)
def another_connective(node):
    other = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield changed(node, op=other())
    for values in omissions(node.values):
        yield changed(node, values=values) if len(values) > 1 else values[0]


@operator(ast.Compare)
def another_comparison(node):
    for n, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            yield changed(node, ops=[*node.ops[:n], other(), *node.ops[n + 1 :]])


@operator(ast.Constant)
def another_constant(node):
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        found = [value + 1, value - 1, -value, 0, 1]
        found += [value * 10, value / 10] if isinstance(value, float) else []
        for other in dict.fromkeys(found):
            if other != value:
                yield number(other)
    elif isinstance(value, str):
        yield ast.Constant("" if value else "x")
        yield ast.Constant(value + value[-1:])
        if value != value.swapcase():
            yield ast.Constant(value.swapcase())
    elif isinstance(value, bytes):
        yield ast.Constant(b"" if value else b" ")


@operator(ast.Call)
def another_call(node):
    if isinstance(node.func, ast.Attribute):
        yield node.func.value  # x.f(...) → x
    yield from node.args  # f(x) → x
    if called(node.func) not in SYMMETRIC:
        for args in swaps(node.args):
            yield changed(node, args=args)
    if len(node.args) > 1:
        for args in omissions(node.args):
            yield changed(node, args=args)
    for keywords in omissions(node.keywords):
        yield changed(node, keywords=keywords)


@operator(ast.keyword)
def another_axis(node):
    if node.arg in ("dim", "axis"):
        for other in (-2, -1, 0, 1, 2):
            yield changed(node, value=number(other))


@operator(ast.Attribute)
def another_attribute(node):
    if node.attr in NAMES:
        yield changed(node, attr=NAMES[node.attr])
    if node.attr in ("T", "mT", "dtype", "training"):
        yield node.value


@operator(ast.Name)
def another_name(node):
    if node.id in NAMES:
        yield changed(node, id=NAMES[node.id])


@operator(ast.Subscript)
def another_part(node):
    yield node.value
    if isinstance(node.slice, ast.Tuple):
        for elts in swaps(node.slice.elts):
            yield changed(node, slice=ast.Tuple(elts, ast.Load()))


@operator(ast.Slice)
def another_bound(node):
    for bound in ("lower", "upper"):
        value = getattr(node, bound)
        if value:
            yield changed(node, **{bound: None})
        if value and not isinstance(value, (ast.Constant, ast.UnaryOp)):
            for step in (ast.Add(), ast.Sub()):
                moved = ast.BinOp(value, step, ast.Constant(1))
                yield changed(node, **{bound: moved})
    if not node.lower:
        yield changed(node, lower=ast.Constant(1))
    if not node.upper:
        yield changed(node, upper=number(-1))
    if node.step:
        yield changed(node, step=None)


@operator(ast.IfExp)
def another_choice(node):
    yield node.body
    yield node.orelse
    yield changed(node, body=node.orelse, orelse=node.body)


@operator(ast.Tuple, ast.List)
def another_sequence(node):
    for elts in swaps(node.elts):
        yield changed(node, elts=elts)
    if isinstance(node.ctx, ast.Load):
        for elts in omissions(node.elts):
            yield changed(node, elts=elts)


@operator(ast.Dict)
def another_dictionary(node):
    pairs = list(zip(node.keys, node.values, strict=True))
    for kept in omissions(pairs):
        yield ast.Dict([k for k, _ in kept], [v for _, v in kept])
    for values in swaps(node.values):
        yield ast.Dict(node.keys, values)


@operator(ast.comprehension)
def no_condition(node):
    for ifs in omissions(node.ifs):
        yield changed(node, ifs=ifs)


@operator(ast.Starred)
def another_unpacking(node):
    if isinstance(node.ctx, ast.Load):
        yield node.value


# conditions --------------------------------------------------------------------------


@operator(ast.If, ast.IfExp, ast.While)
def another_condition(node):
    yield changed(node, test=ast.UnaryOp(ast.Not(), node.test))


# statements --------------------------------------------------------------------------


@operator(ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Return)
def no_statement(node):
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        yield ast.Pass()


@operator(ast.If, ast.With, ast.For)
def only_the_body(node):
    yield node.body


@operator(ast.If)
def no_else(node):
    if node.orelse:
        yield changed(node, orelse=[])
        yield changed(node, body=node.orelse, orelse=node.body)


@operator(ast.FunctionDef)
def changed_argument(node):
    """One argument is changed in place, once the result is there."""
    *body, last = node.body
    if not isinstance(last, ast.Return):
        return
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and stored(n)}
    for arg in (*node.args.args, *node.args.kwonlyargs):
        if arg.arg in names:
            continue  # by then it may be another object
        name = ast.Name(arg.arg, ast.Load())
        double = ast.Call(ast.Attribute(name, "__imul__"), [ast.Constant(2)], [])
        lines = [
            ast.Assign([ast.Name("result", ast.Store())], last.value),
            ast.Expr(double),
            ast.Return(ast.Name("result", ast.Load())),
        ]
        yield changed(node, body=[*body, *lines])


@operator(ast.FunctionDef)
def another_variable(node):
    """One use of a parameter is a use of another one, or so with two local names."""
    parameters = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    local = dict.fromkeys(n.id for n in names if stored(n))
    for group in (parameters, [name for name in local if name not in parameters]):
        for use in names:
            if use.id in group and not stored(use):
                for other in group:
                    if other != use.id:
                        yield with_replaced(node, use, ast.Name(other, ast.Load()))


@operator(ast.FunctionDef)
def inverted_mask(node):
    """One use of a mask is a use of its opposite."""
    words = ("mask", "allowed", "keep", "real", "chosen", "counted", "asked", "done")
    for use in [n for n in ast.walk(node) if isinstance(n, ast.Name)]:
        if use.id in words and isinstance(use.ctx, ast.Load):
            yield with_replaced(node, use, ast.UnaryOp(ast.Invert(), use))
