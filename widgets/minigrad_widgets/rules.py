"""The local rule of an operation, to be read: its derivation, its code, and its formulas filled in with numbers."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache

import minigrad
from minigrad_widgets.mathematics import prose

_SYMBOLS = {" ** ": "^", " * ": " · ", " @ ": " @ ", " - ": " − "}


@dataclass(frozen=True)
class Rule:
    """An op's rule for reading.

    Attributes:
        derivation: the docstring as HTML.
        code: the source of the rule's body.
        formulas: for each input, what the rule returns for it, as an expression; "" where it is not one expression.
        inputs: the inputs' names in the rule.
    """

    derivation: str
    code: str
    formulas: tuple[str, ...]
    inputs: tuple[str, ...]

    def formula(self, place: int) -> str:
        return self.formulas[place] if place < len(self.formulas) else ""

    def input(self, place: int) -> str:
        """The rule's name for the input at a place; those of a sequence are numbered."""
        if place < len(self.inputs) and not (self.inputs and place >= len(self.inputs) - 1 and self.inputs[-1] == "xs"):
            return self.inputs[place]
        return f"x{place}"


@lru_cache(maxsize=512)
def rule_of(name: str) -> Rule:
    """The rule of a registered op; an empty one for a name that is not (or no longer) registered."""
    op = minigrad.OPS.get(name)
    if op is None:
        return Rule("", "", (), ())
    body, code = _body(op.__wrapped__) if op.rule is not None else ([], "")
    return Rule(prose(op.__doc__), code, _formulas(body), op.inputs)


def _body(function: object) -> tuple[list[ast.stmt], str]:
    """The statements of a function after its docstring, parsed and as written; nothing where there is no source."""
    try:
        source = textwrap.dedent(inspect.getsource(function))  # type: ignore[arg-type]
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        return [], ""
    definition = next((node for node in tree.body if isinstance(node, ast.FunctionDef)), None)
    if definition is None:
        return [], ""
    body = definition.body[1:] if ast.get_docstring(definition) is not None else definition.body
    if not body:
        return [], ""
    lines = source.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
    return body, textwrap.dedent("\n".join(lines))


def _formulas(body: list[ast.stmt]) -> tuple[str, ...]:
    """What each element of the returned tuple computes, where the rule is nothing but that tuple."""
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Tuple):
        return ()
    expressions = [e.body if isinstance(e, ast.Lambda) else e for e in body[0].value.elts]
    return tuple("" if isinstance(e, (ast.Constant, ast.Starred)) else ast.unparse(e) for e in expressions)


class _Fill(ast.NodeTransformer):
    """Names replaced by what they stand for at one node; `whole` as long as nothing else is in the expression."""

    def __init__(self, values: dict[str, str]):
        self.values, self.whole = values, True

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.whole &= node.id in self.values
        return ast.Name(f"⟨{self.values.get(node.id)}⟩")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.whole = False
        return node

    visit_Call = visit_IfExp = visit_Lambda = visit_Subscript = visit_Attribute  # type: ignore[assignment]


def filled(formula: str, values: dict[str, str]) -> str:
    """A formula with the names in it replaced: `g * y` with g = 2 and y = −3 is `2 · (−3)`.

    "" where a value is unknown, or where the formula is more than arithmetic on values.
    """
    fill = _Fill(values)
    text = ast.unparse(fill.visit(ast.parse(formula, mode="eval")))
    if not fill.whole:
        return ""
    text = readable(text)
    for value in set(values.values()):
        text = text.replace(f"⟨{value}⟩", f"({value})" if value.startswith("−") and text != f"⟨{value}⟩" else value)
    return text


def readable(expression: str) -> str:
    """Python's operators as one writes them: `g * y` is `g · y`."""
    for python, written in _SYMBOLS.items():
        expression = expression.replace(python, written)
    return re.sub(r"(^|\()-", r"\1−", expression)
