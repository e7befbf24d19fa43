"""An error on its way to another process."""

from collections.abc import Mapping

import msgspec

from assay.errors import AssayError, Duplicate, Malformed, Refused, Unavailable, Untrusted

_KINDS: Mapping[str, type[AssayError]] = {
    "duplicate": Duplicate, "untrusted": Untrusted, "refused": Refused, "malformed": Malformed, "unavailable": Unavailable,
}  # fmt: skip


class Refusal(msgspec.Struct, frozen=True):
    kind: str
    text: str

    @classmethod
    def of(cls, error: AssayError) -> "Refusal":
        kind = next((kind for kind, one in _KINDS.items() if isinstance(error, one)), "unavailable")
        return cls(kind, str(error).encode(errors="replace").decode())

    @property
    def error(self) -> AssayError:
        return _KINDS.get(self.kind, Unavailable)(self.text)
