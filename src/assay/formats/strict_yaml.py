"""YAML read strictly: bounded in size, depth and nodes, UTF-8, no duplicate keys, keys always text.

Plain scalars follow the core schema of YAML 1.2.2 section 10.3, so ``on``, ``yes``, ``12:30`` and ``2026-01-01`` stay text;
what JSON cannot hold exactly (integers over 18 digits, infinities, NaN) stays text too. Values are built here from the parser's
events: no constructor runs, an alias costs as much of the budget as the nodes it repeats, and recursion is impossible.
"""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import yaml

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import text
from assay.formats.text import shown

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 2_000_000
"""Nodes of the document with every alias written out."""

Scalars = Literal["core", "text"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    word: value for value in (True, False) for word in (str(value).lower(), str(value), str(value).upper())
}
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z|0o[0-7]{1,18}\Z|0x[0-9a-fA-F]{1,14}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_TAG = "tag:yaml.org,2002:"
_BASE = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}


class LineMap(dict[str, Any]):
    """A mapping that knows the line of each key (1-based; a merged key has the line of its ``<<``)."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class LineList(list[Any]):
    """A sequence that knows the line of each item (1-based)."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


def load(
    data: bytes, *, what: str, limit: int = MAX_BYTES, scalars: Scalars = "core", local_tags: bool = False
) -> Any:
    """Read the one document in *data* as dict, list, str, int, float, bool and None.

    *scalars* ``"text"`` leaves every scalar as written (versions, hashes, commits). *local_tags* reads a node with an
    application's tag (``!reference``) as if it had none; without it any tag beyond the core schema is refused.
    An empty document is None. Raises :class:`TooLarge`, :class:`Unsupported` or :class:`Malformed`.
    """
    return _one(load_all(data, what=what, limit=limit, scalars=scalars, local_tags=local_tags), what)


def load_with_lines(
    data: bytes, *, what: str, limit: int = MAX_BYTES, scalars: Scalars = "core", local_tags: bool = False
) -> Any:
    """As :func:`load`, with :class:`LineMap` for mappings and :class:`LineList` for sequences; see :func:`line`."""
    builder = _Builder(what, scalars, local_tags=local_tags, lines=True)
    return _one(builder.documents(text.decode(data, what=what, limit=limit)), what)


def load_all(
    data: bytes, *, what: str, limit: int = MAX_BYTES, scalars: Scalars = "core", local_tags: bool = False
) -> list[Any]:
    """Read every document of the stream; the node budget is for all together."""
    builder = _Builder(what, scalars, local_tags=local_tags, lines=False)
    return builder.documents(text.decode(data, what=what, limit=limit))


def line(container: Any, key: str | int) -> int:
    """Line of *key* in a value of :func:`load_with_lines`; 0 where there is none."""
    if isinstance(container, LineMap):
        return container.lines.get(str(key), 0)
    if isinstance(container, LineList) and isinstance(key, int) and 0 <= key < len(container.lines):
        return container.lines[key]
    return 0


def _one(documents: list[Any], what: str) -> Any:
    if len(documents) > 1:
        raise Malformed(f"{what} holds {len(documents)} YAML documents, expected one")
    return documents[0] if documents else None


class _Open:
    """A collection being read: *key* is the pending key of a mapping."""

    __slots__ = ("anchor", "at", "key", "key_line", "merges", "start", "value")

    def __init__(self, value: dict[str, Any] | list[Any], anchor: str | None, start: int, at: int) -> None:
        self.value = value
        self.anchor = anchor
        self.start = start
        self.at = at
        self.key: str | None = None
        self.key_line = 0
        self.merges: list[tuple[Any, int]] = []


class _Builder:
    def __init__(self, what: str, scalars: Scalars, *, local_tags: bool, lines: bool) -> None:
        self.what = what
        self.scalars = scalars
        self.local_tags = local_tags
        self.map: Callable[[], dict[str, Any]] = LineMap if lines else dict
        self.list: Callable[[], list[Any]] = LineList if lines else list
        self.nodes = 0
        self.anchors: dict[str, tuple[Any, int]] = {}
        """Finished anchors: value and the nodes it stands for."""
        self.stack: list[_Open] = []
        self.found: list[Any] = []

    def documents(self, source: str) -> list[Any]:
        for event in self.events(source):
            self.take(event)
        return self.found

    def events(self, source: str) -> Iterator[Any]:
        try:
            yield from yaml.parse(source, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            at = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise Malformed(f"{self.what}: {shown(str(error.problem))}{at}") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise Malformed(f"{self.what}: {shown(str(error))}") from error

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self.count(1)
                self.put(self.scalar(event), event, event.anchor, 1, _line(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close(event)
            case yaml.AliasEvent():
                value, nodes = self.alias(event)
                self.count(nodes)
                self.put(value, event, None, nodes, _line(event))
            case yaml.DocumentStartEvent():
                self.anchors = {}

    def count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise TooLarge(f"{self.what} has over {MAX_NODES} YAML nodes, aliases written out")

    def open(self, event: Any) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        self.tag(event, {kind})
        if len(self.stack) >= MAX_DEPTH:
            raise TooLarge(f"{self.what} is nested over {MAX_DEPTH} levels deep")
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise Malformed(f"{self.what} has a key that is not text at line {_line(event)}")
        self.count(1)
        value = self.map() if kind == "map" else self.list()
        self.stack.append(_Open(value, event.anchor, self.nodes - 1, _line(event)))

    def close(self, event: Any) -> None:
        done = self.stack.pop()
        if isinstance(done.value, dict):
            for value, at in done.merges:
                self.merge(done, value, at)
        self.put(done.value, event, done.anchor, self.nodes - done.start, done.at)

    def put(self, value: Any, event: Any, anchor: str | None, nodes: int, at: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, nodes)
        if not self.stack:
            self.found.append(value)
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            if isinstance(top.value, LineList):
                top.value.lines.append(at)
        elif top.key is None:
            self.key(top, event)
        else:
            self.pair(top, value)

    def key(self, top: _Open, event: Any) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise Malformed(f"{self.what} has a key that is not text at line {_line(event)}")
        if event.value in top.value or (event.value == "<<" and top.merges):
            raise Malformed(
                f"{self.what} has the key {shown(event.value, 80)!r} twice, again at line {_line(event)}"
            )
        top.key = event.value
        top.key_line = _line(event)

    def pair(self, top: _Open, value: Any) -> None:
        key, top.key = top.key, None
        assert key is not None
        assert isinstance(top.value, dict)
        if key == "<<":
            top.merges.append((value, top.key_line))
            return
        top.value[key] = value
        if isinstance(top.value, LineMap):
            top.value.lines[key] = top.key_line

    def merge(self, done: _Open, value: Any, at: int) -> None:
        """YAML merge key: keys of its own win, then earlier mappings over later ones."""
        for other in value if isinstance(value, list) else [value]:
            if not isinstance(other, dict):
                raise Malformed(f"{self.what} merges something that is not a mapping at line {at}")
            for name, inherited in other.items():
                if name not in done.value:
                    done.value[name] = inherited
                    if isinstance(done.value, LineMap):
                        done.value.lines[name] = at

    def alias(self, event: Any) -> tuple[Any, int]:
        if event.anchor not in self.anchors:
            raise Malformed(
                f"{self.what} refers to {shown(event.anchor, 80)!r} before it is complete, line {_line(event)}"
            )
        return self.anchors[event.anchor]

    def tag(self, event: Any, accepted: set[str]) -> str:
        """The core tag's short name, or empty."""
        if event.tag is None or event.tag == "!":
            return ""
        if event.tag.startswith(_TAG) and event.tag.removeprefix(_TAG) in accepted:
            return str(event.tag.removeprefix(_TAG))
        if self.local_tags and event.tag.startswith("!"):
            return ""
        raise Unsupported(f"{self.what} has the tag {shown(event.tag, 80)!r} at line {_line(event)}")

    def scalar(self, event: Any) -> Any:
        written: str = event.value
        if not written.isascii() and any("\ud800" <= c <= "\udfff" for c in written):
            raise Malformed(f"{self.what} has a lone surrogate at line {_line(event)}")
        tag = self.tag(event, set(_BASE))
        if tag == "str" or event.tag == "!" or self.scalars == "text" or (not tag and not event.implicit[0]):
            return written
        value = resolve(written)
        if tag and type(value) is not _BASE[tag]:
            raise Malformed(f"{self.what} has {shown(written, 80)!r} tagged as {tag} at line {_line(event)}")
        return value


def resolve(written: str) -> Any:
    """A plain scalar under the core schema (YAML 1.2.2 section 10.3.2), text where JSON has no equal."""
    if written in _NULL:
        return None
    if written in _BOOL:
        return _BOOL[written]
    if _INT.match(written):
        return int(written, 0) if written[:2] in {"0o", "0x"} else int(written)
    if len(written) < 64 and _FLOAT.match(written) and not written.lstrip("+-").isdigit():
        number = float(written)
        return number if math.isfinite(number) else written
    return written


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
