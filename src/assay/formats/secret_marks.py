"""Whether a private key or an access token could stand in some bytes: one search for all that such things begin with.

Nearly every file has none of it and needs no closer look. The search is a ``pattern`` of jsonschema-rs, whose automaton looks
for all literals at once (1.5 GB/s); Python's own searches look for one at a time.
"""

import re

import jsonschema_rs

from assay.formats import private_keys, tokens

MARKS = (*private_keys.MARKS, *tokens.MARKS)
_LONGEST = max(map(len, MARKS))
_ANY = jsonschema_rs.Draft7Validator(
    {"pattern": "|".join(re.escape(mark.decode()) for mark in MARKS)},
    pattern_options=jsonschema_rs.RegexOptions(),
)


def may_hold(data: bytes) -> bool:
    """False only where :func:`private_keys.find` and :func:`tokens.find` find nothing, and raise nothing."""
    return _ANY.is_valid(data.decode("latin-1"))


class Search:
    """:func:`may_hold` of a file that comes in pieces."""

    def __init__(self) -> None:
        self.found = False
        self._tail = b""

    def feed(self, piece: bytes) -> None:
        if not self.found:
            piece = self._tail + piece if self._tail else piece
            self.found = may_hold(piece)
            self._tail = piece[1 - _LONGEST :]
