"""What work appends and keeps that nobody waits for: together with that of others who come in a moment."""

from collections.abc import Callable, Sequence

from assay.adapters.grouped import Grouped
from assay.errors import AssayError
from assay.office.ports import Appended, Register, Wanted

WAIT_S = 0.015


class GatheredRegister:
    """A :class:`~assay.office.ports.Register` over another one. *company*: how many may come, whoever asks included."""

    def __init__(self, register: Register, company: Callable[[], int]) -> None:
        self._register = register
        self._appending = Grouped(register.append_many, company=company, wait_s=WAIT_S)
        self.size, self.checkpoint, self.leaf = register.size, register.checkpoint, register.leaf
        self.inclusion, self.consistency, self.publish = (
            register.inclusion, register.consistency, register.publish,
        )  # fmt: skip

    def append(self, wanted: Wanted) -> Appended:
        return self._appending.ask(wanted)

    def append_many(self, wanted: Sequence[Wanted]) -> Sequence[Appended | AssayError]:
        return self._register.append_many(wanted)
