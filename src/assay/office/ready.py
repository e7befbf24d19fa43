"""Whether an office can do its work at this moment, for whatever sends requests to it.

Anybody may ask: what is said is in words of ours, and no path, address or name of what failed is in it.
"""

from collections.abc import Callable, Sequence

import msgspec

from assay.errors import AssayError, Unavailable
from assay.office.service import Service
from assay.register import leaf


class Look(msgspec.Struct, frozen=True):
    check: str
    """One word."""
    fails: str
    """What is said where it does."""
    look: Callable[[], object]
    """Raises an :class:`~assay.errors.AssayError` where it is not well."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    ready: bool
    said: str = ""


def looks(service: Callable[[], Service]) -> tuple[Look, ...]:
    """Database, documents, register."""

    # The service is asked for at each look: it is another one once a key was verified.
    def database() -> None:
        service().office.ledger.head()

    def documents() -> None:
        office = service().office
        genesis = leaf.open_(office.register.leaf(0), office.keys)
        if genesis.identity is None:
            raise Unavailable("entry 0 is not the genesis")
        office.blobs.get(genesis.identity.policy)

    def register() -> None:
        service().office.register.checkpoint()

    return (
        Look("database", "the database is not reached", database),
        Look("documents", "documents cannot be read", documents),
        Look("register", "the register cannot be signed", register),
    )


def ready(all_: Sequence[Look]) -> tuple[Looked, ...]:
    return tuple(map(_looked, all_))


def _looked(one: Look) -> Looked:
    try:
        one.look()
    except AssayError:
        return Looked(check=one.check, ready=False, said=one.fails)
    return Looked(check=one.check, ready=True)
