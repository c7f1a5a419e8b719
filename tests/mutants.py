"""Small breakages of a function's code, made over its syntax tree."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator

COMPARISONS = {ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
               ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
               ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,)}
OPERATORS = {ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,),
             ast.Div: (ast.Mult,), ast.Pow: (ast.Mult,), ast.FloorDiv: (ast.Div,),
             ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.And: (ast.Or,),
             ast.Or: (ast.And,)}
NAMES = {"min": "max", "max": "min", "sum": "mean", "mean": "sum", "triu": "tril",
         "tril": "triu", "minimum": "maximum", "maximum": "minimum", "sin": "cos"}


class Swap(ast.NodeTransformer):
    """Put a node in another one's place."""

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node):
        """The new node for the old one; every other as it is."""
        return self.new if node is self.old else self.generic_visit(node)


def broken_operators(node: ast.AST) -> Iterator[ast.AST]:
    """The node with another operator, or without a term."""
    match node:
        case ast.Compare(left, [operator], right):
            for other in COMPARISONS.get(type(operator), ()):
                yield ast.Compare(left, [other()], right)
        case ast.BinOp(left, operator, right):
            for other in OPERATORS.get(type(operator), ()):
                yield ast.BinOp(left, other(), right)
            yield from (left, right)
            if (not isinstance(operator, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr))
                    and ast.dump(left) != ast.dump(right)):
                yield ast.BinOp(right, operator, left)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(OPERATORS[type(operator)][0](), values)
            yield from values
        case ast.UnaryOp(_, operand):
            yield operand


def broken_values(node: ast.AST) -> Iterator[ast.AST]:
    """The node with another constant, name, branch or order."""
    match node:
        case ast.IfExp(_, then, otherwise):
            yield from (then, otherwise)
        case ast.Constant(bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(int() | float() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Attribute(value, name, context) if name in NAMES:
            yield ast.Attribute(value, NAMES[name], context)
        case ast.Name(name, context) if name in NAMES and NAMES[name] != "mean":
            yield ast.Name(NAMES[name], context)
        case ast.Call(ast.Name("min" | "max") | ast.Attribute(_, "maximum"), _, _):
            return                                          # the order does not matter
        case ast.Call(function, [first, second, *rest], keywords) if (
                ast.dump(first) != ast.dump(second)):
            yield ast.Call(function, [second, first, *rest], keywords)


def mutants(function: Callable) -> Iterator[tuple[str, Callable]]:
    """(what was broken, the broken function), over all places in its body."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    definition.decorator_list = []
    body = ast.Module(definition.body, [])
    for node in list(ast.walk(body)):
        for new in (*broken_operators(node), *broken_values(node)):
            before, after = ast.unparse(node), ast.unparse(new)
            Swap(node, new).visit(body)
            scope = dict(function.__globals__)
            code = ast.fix_missing_locations(ast.parse(ast.unparse(tree)))
            Swap(new, node).visit(body)
            exec(compile(code, "<mutant>", "exec"), scope)
            line = getattr(node, "lineno", 0) - definition.lineno
            yield f"{line}: {before} -> {after}", scope[definition.name]
