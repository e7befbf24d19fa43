"""GitHub Actions expressions: which contexts can put their text into the result.

``a == b``, ``!a`` and ``contains(a, b)`` give a truth value, so nothing of *a* comes through; ``a && b`` gives *b* (or a falsy
*a*, which is harmless text); ``a || b`` and ``format(…)`` give what they are made of. Paths come out in lower case with
every index as ``*``.
"""

import re
from collections.abc import Iterator

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

MAX_EXPRESSION = 21_000
"""GitHub's own limit."""
MAX_DEPTH = 50
MAX_EXPRESSIONS = 2_000

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\d[\d.]*(?:[eE][-+]?\d+)?))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<mark>&&|\|\||[=!<>]=|[!<>()\[\].,*]))"
)
_TRUTH = frozenset(
    {"contains", "startswith", "endswith", "success", "failure", "always", "cancelled", "hashfiles"}
)
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class Flow(msgspec.Struct, frozen=True):
    """A context whose text reaches the result; *json* when a whole object is written out."""

    path: str
    json: bool = False


def expressions(text: str) -> Iterator[str]:
    """What stands between ``${{`` and ``}}``, quotes respected. Raises :class:`Malformed` for one that does not end."""
    at = text.find("${{")
    count = 0
    while at >= 0:
        end = _end(text, at + 3)
        count += 1
        if count > MAX_EXPRESSIONS:
            raise TooLarge(f"over {MAX_EXPRESSIONS} expressions in one text")
        yield text[at + 3 : end]
        at = text.find("${{", end + 2)


def _end(text: str, start: int) -> int:
    limit = min(len(text), start + MAX_EXPRESSION)
    quoted = False
    for at in range(start, limit):
        if text[at] == "'":
            quoted = not quoted
        elif not quoted and text.startswith("}}", at):
            return at
    raise Malformed(f"the expression {shown(text[start - 3 : start + 40], 60)!r} does not end")


def flows(expression: str) -> tuple[Flow, ...]:
    """Contexts that can reach the result, in order, once each. Raises :class:`Malformed` for what is no expression."""
    parser = _Parser(expression)
    found = parser.either(0)
    if parser.peek():
        raise Malformed(f"the expression {shown(expression, 60)!r} goes on after its end")
    return tuple(dict.fromkeys(found))


class _Parser:
    def __init__(self, expression: str) -> None:
        self.source = expression
        self.tokens = list(_tokens(expression))
        self.next = 0

    def peek(self) -> str:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.next += 1
        return token

    def expect(self, mark: str) -> None:
        if self.take() != mark:
            raise Malformed(f"the expression {shown(self.source, 60)!r} lacks {mark!r}")

    def either(self, depth: int) -> list[Flow]:
        if depth > MAX_DEPTH:
            raise TooLarge(f"the expression {shown(self.source, 60)!r} is nested over {MAX_DEPTH} levels")
        found = self.both(depth)
        while self.peek() == "||":
            self.take()
            found += self.both(depth)
        return found

    def both(self, depth: int) -> list[Flow]:
        found = self.comparison(depth)
        while self.peek() == "&&":
            self.take()
            found = self.comparison(depth)
        return found

    def comparison(self, depth: int) -> list[Flow]:
        found = self.unary(depth)
        while self.peek() in _COMPARISONS:
            self.take()
            self.unary(depth)
            found = []
        return found

    def unary(self, depth: int) -> list[Flow]:
        negated = False
        while self.peek() == "!":
            self.take()
            negated = True
        found = self.value(depth)
        return [] if negated else found

    def value(self, depth: int) -> list[Flow]:
        kind, token = self.kind(), self.take()
        if kind in {"string", "number"}:
            return []
        if token == "(":  # noqa: S105 - a parenthesis
            found = self.either(depth + 1)
            self.expect(")")
            self.indexes(depth, [])
            return found
        if kind != "name":
            raise Malformed(
                f"the expression {shown(self.source, 60)!r} has {token!r} where a value is expected"
            )
        if self.peek() == "(":
            return self.call(token.lower(), depth)
        if token.lower() in {"true", "false", "null"}:
            return []
        path = [token.lower()]
        self.indexes(depth, path)
        return [Flow(".".join(path))]

    def call(self, name: str, depth: int) -> list[Flow]:
        self.expect("(")
        found: list[Flow] = []
        while self.peek() != ")":
            found += self.either(depth + 1)
            if self.peek() != ")":
                self.expect(",")
        self.expect(")")
        self.indexes(depth, [])
        if name in _TRUTH:
            return []
        return [Flow(flow.path, json=True) for flow in found] if name == "tojson" else found

    def indexes(self, depth: int, path: list[str]) -> None:
        """Read ``.name``, ``.*`` and ``[…]``; what stands in brackets selects, its text does not come through."""
        while self.peek() in {".", "["}:
            if self.take() == ".":
                kind, name = self.kind(), self.take()
                if kind != "name" and name != "*":
                    raise Malformed(f"the expression {shown(self.source, 60)!r} has {name!r} after a dot")
                path.append(name.lower())
            elif self.peek() == "*":
                self.take()
                self.expect("]")
                path.append("*")
            else:
                start = self.next
                self.either(depth + 1)
                literal = self.next == start + 1 and self.tokens[start][0] == "string"
                path.append(self.tokens[start][1][1:-1].lower() if literal else "*")
                self.expect("]")


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    if len(expression) > MAX_EXPRESSION:
        raise TooLarge(f"an expression has {len(expression)} characters, over {MAX_EXPRESSION}")
    source = expression.rstrip()
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise Malformed(f"the expression {shown(expression, 60)!r} has {shown(source[at : at + 8])!r}")
        at = found.end()
        yield str(found.lastgroup), found[str(found.lastgroup)]
