"""Structures are read through before there are threads.

What msgspec (0.22) knows of a structure it finds out at the first use. Two threads that are first with the same one at the same
moment bring the whole process down.
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec


def learn() -> None:
    """Every structure that is loaded by now; the second time it costs little. For programs of many threads, at their start."""
    for kind in set(_below(msgspec.Struct)):
        with suppress(TypeError):  # of one that is never decoded: its fields are of other kinds
            msgspec.json.Decoder(kind)


def _below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
