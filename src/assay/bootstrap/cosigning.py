"""A service has its published checkpoints cosigned, every few seconds, by the witnesses that its settings name."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from assay.adapters.home import Home
from assay.adapters.http_client import HttpClient
from assay.adapters.witness_client import side_by_side, witnesses
from assay.bootstrap.kept import Led
from assay.bootstrap.observing import Observed
from assay.bootstrap.office import MAX_WITNESSES, WITNESSES
from assay.collect.files import read_plain
from assay.errors import AssayError, Unavailable
from assay.office.sequencer import Sequencer
from assay.office.witness import ask
from assay.office_config.model import OfficeConfig
from assay.register.quorum import Quorum
from assay.tlog.ports import Witness
from assay.tlog.witnessing import Witnessing

EVERY_S = 5.0


class Rounds:
    """One round after the other, each only when there is something new, or somebody has not signed yet."""

    def __init__(self, quorum: Quorum, asked: Mapping[str, Witness], seen: Observed) -> None:
        self._quorum, self._asked, self._seen = quorum, asked, seen
        self._sizes: Mapping[str, int] = {}
        self._done = b""
        """The checkpoint that all have signed."""

    def once(self, register: Sequencer) -> Witnessing | None:
        """None when there was nothing to ask. Unavailable, and nothing more is signed, when a witness knows another history."""
        if self._done and register.published() == self._done:
            return None
        try:
            told = ask(register, self._quorum, self._asked, sizes=self._sizes, together=side_by_side)
        except Unavailable as error:
            self._seen.metrics.add("assay_witness_cosigned_total", witness="any", outcome="alarm")
            self._seen.log.failed("witness", error, "error")
            raise
        self._sizes = told.sizes
        for name in told.cosigned:
            self._count(name, "cosigned")
        for one in told.failed:
            self._count(one.witness, "failed")
            self._seen.log("witness", "warning", witness=one.witness, outcome="failed")
        if not told.failed:
            self._done = register.published()
        return told

    def failed(self, error: Exception) -> None:
        """A fault of ours: told, and the next round is tried."""
        self._seen.log.failed("witness", error, "error")

    def _count(self, witness: str, outcome: str) -> None:
        self._seen.metrics.add("assay_witness_cosigned_total", witness=witness, outcome=outcome)


@contextmanager
def cosigning(
    config: OfficeConfig,
    register: Led,
    seen: Observed,
    after: Callable[[Quorum], None] = lambda _: None,
    *,
    every_s: float = EVERY_S,
) -> Iterator[None]:
    """In a thread, while this process leads; nothing without witnesses. *after* each round is called what rests on cosignatures."""
    path = witness_file(config)
    if path is None:
        yield
        return
    quorum = Quorum.parse(read_plain(path, limit=MAX_WITNESSES), what=str(path))
    ended = threading.Event()
    with closing(HttpClient()) as client:
        rounds = Rounds(quorum, witnesses(quorum, client), seen)
        thread = threading.Thread(
            target=_loop,
            args=(rounds, register, lambda: after(quorum), ended.wait, every_s),
            name="cosigning",
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def witness_file(config: OfficeConfig) -> Path | None:
    """The policy of witnesses that the settings name, or the office's own."""
    path = config.judging.witnesses or Home(config.data).office / WITNESSES
    return path if path.is_file() else None


def _loop(
    rounds: Rounds, register: Led, after: Callable[[], None], ended: Callable[[float], bool], every_s: float
) -> None:
    while not ended(every_s):
        leading = register.leading
        if leading is None:
            continue
        try:
            rounds.once(leading)
            after()
        except AssayError:
            continue  # told; a register that was stopped says so to whoever asks it for anything
        except Exception as error:  # noqa: BLE001 - what one witness brings about must not end the rounds
            rounds.failed(error)
