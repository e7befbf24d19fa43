"""Files that an organisation brings to a case, with what it uploaded before: counted against what it may keep here."""

from collections.abc import Sequence

import msgspec

from assay.errors import Refused, TooLarge
from assay.formats.digest import Digest
from assay.office.ports import Blobs, Holdings

MAX_FILES = 500


class Brought(msgspec.Struct, frozen=True):
    files: Sequence[bytes] = ()
    uploaded: Sequence[Digest] = ()
    """Documents that the organisation has here already."""
    holdings: Holdings | None = None
    """None where nothing is counted, and nothing was uploaded."""

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Of all, each once."""
        return tuple(dict.fromkeys((*map(Digest.sha256, self.files), *self.uploaded)))

    def __bool__(self) -> bool:
        return bool(self.files or self.uploaded)


NOTHING = Brought()


def check(brought: Brought, organisation: str) -> None:
    """Return when *organisation* may bring that. TooLarge, or Refused for what it has not uploaded; nothing is written before."""
    if len(brought.files) + len(brought.uploaded) > MAX_FILES:
        raise TooLarge(
            f"{len(brought.files) + len(brought.uploaded)} files came, expected at most {MAX_FILES}"
        )
    if brought.holdings is not None:
        brought.holdings.room(organisation, _sizes(brought))
    held = (
        brought.holdings.held(organisation, brought.uploaded) if brought.holdings is not None else frozenset()
    )
    if missing := [one for one in brought.uploaded if one not in held]:
        raise Refused(f"your organisation has not uploaded {missing[0]}")


def keep(brought: Brought, organisation: str, sealed: Blobs) -> None:
    """Durable when it returns. A crash inside leaves blobs that nothing refers to: harmless, and the same names when tried again."""
    sealed.put_many(brought.files)
    if brought.holdings is not None:
        brought.holdings.hold(organisation, _sizes(brought))


def _sizes(brought: Brought) -> dict[Digest, int]:
    return {Digest.sha256(data): len(data) for data in brought.files}
