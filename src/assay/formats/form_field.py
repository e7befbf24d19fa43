"""A field of somebody's form with what stands in it, wherever the form came from."""

from typing import Literal

import msgspec


class FormField(msgspec.Struct, frozen=True, gc=False):
    names: tuple[str, ...]
    """All that it is called, the most exact first."""
    value: str
    """As written; empty when nothing is. ``Off`` for a box without its tick, anything else for one with it."""
    at: str
    """``page 2, field 'Company Name'`` or ``line 3``."""
    kind: Literal["text", "box", "choice", "signature"] = "text"
    problem: str = ""
    """Why what stands there cannot be read."""
