"""JSON with one spelling per value: what RFC 8785 (JCS) prescribes, for values without floats and with ASCII keys."""

from typing import Any

import msgspec


def canonical(value: Any) -> bytes:
    """Sorted keys, no spaces, shortest escapes. *value* holds no float: RFC 8785 section 3.2.2.3 is not met for those."""
    return msgspec.json.encode(value, order="sorted")
