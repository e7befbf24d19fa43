"""Verdicts computed in processes of their own: as many at once as there are, and none keeps whoever serves from serving."""

import gc
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import LifoQueue
from typing import NamedTuple

from assay.adapters.with_parent import end_with_parent
from assay.errors import AssayError, Unavailable
from assay.evidence.memory import MEMBERS_BYTES, READINGS_BYTES, Memory
from assay.evidence.statement import SigstoreVerifier
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.verdict import Engine
from assay.office.examining import Examined, Here
from assay.validation.examine import Inputs
from assay.validation.rederive import Deep, Rederived

LIMIT_S = 600.0
"""For one submission."""
_COLLECT_AFTER = 64 * 1024 * 1024
"""Bytes of submissions between two searches for reference cycles. Values hold none, and looking for some costs a third."""
_END_S = 5.0

Sigstore = Callable[[], SigstoreVerifier]
"""Makes a verifier in each process; a class, or a function of a module."""


class _Standing(NamedTuple):
    """What all are judged by: sent again only when it is another."""

    packs: tuple[tuple[str, bytes], ...]
    policy: bytes
    trust: bytes
    snapshot: bytes | None
    exploited: bytes | None
    engine: Engine


class Examiners:
    """Safe to call from many threads; those that come while all are busy wait. Processes start when they are needed first.

    One that dies, or is at one submission for longer than *limit_s*, costs that submission an Unavailable, and is replaced.
    *readings*, *members*: bytes that each process remembers, see :class:`~assay.evidence.memory.Memory`. :meth:`close` it.
    """

    def __init__(
        self,
        processes: int,
        *,
        sigstore: Sigstore | None = None,
        limit_s: float = LIMIT_S,
        readings: int = READINGS_BYTES,
        members: int = MEMBERS_BYTES,
    ) -> None:
        if processes < 1:
            raise ValueError(f"{processes} processes to examine in, expected one at least")
        self._all = [_Process(sigstore, limit_s, (readings, members)) for _ in range(processes)]
        self._idle: LifoQueue[_Process] = LifoQueue()  # the one that was used last has most in its caches
        for one in reversed(self._all):
            self._idle.put(one)
        self._closed = False

    def examine(self, inputs: Inputs) -> Examined:
        answer = self._ask(inputs, None)
        if not isinstance(answer, Examined):
            raise TypeError("another question was answered")
        return answer

    def rederive(self, inputs: Inputs, deep: Deep) -> Rederived:
        answer = self._ask(inputs, deep)
        if not isinstance(answer, Rederived):
            raise TypeError("another question was answered")
        return answer

    def _ask(self, inputs: Inputs, deep: Deep | None) -> Examined | Rederived:
        process = self._idle.get()
        try:
            if self._closed:
                raise Unavailable("nothing is examined any more: the office is ending")
            return process.examine(inputs, deep)
        finally:
            self._idle.put(process)

    def close(self) -> None:
        """What is being examined is given up."""
        self._closed = True
        for one in self._all:
            one.end()


class _Process:
    """One of them, for one caller at a time."""

    def __init__(self, sigstore: Sigstore | None, limit_s: float, memory: tuple[int, int]) -> None:
        self._arguments, self._limit_s = (sigstore, memory), limit_s
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._sent: _Standing | None = None

    def examine(self, inputs: Inputs, deep: Deep | None) -> Examined | Rederived:
        """The verdict, or with *deep* the re-derivation."""
        try:
            answer = self._ask(inputs, deep)
        except (EOFError, OSError) as error:
            self.end()
            raise Unavailable(
                "the process that examined the submission has died; it is tried again"
            ) from error
        except BaseException:
            self.end()  # whatever it says now would be taken for the answer to the next question
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Kill it, if it is there; the next question starts another."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = self._sent = None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join(_END_S)

    def _ask(self, inputs: Inputs, deep: Deep | None) -> Examined | Rederived | Exception:
        pipe = self._pipe or self._start()
        standing = _Standing(
            inputs.packs, inputs.policy, inputs.trust, inputs.snapshot, inputs.exploited, inputs.engine
        )
        bundle = inputs.bundle
        same = standing == self._sent
        sent = None if same else standing
        pipe.send((sent, inputs.history, inputs.now, bundle.envelope, bundle.customers, deep))
        self._sent = standing
        pipe.send([(digest, len(data)) for digest, data in bundle.artifacts.items()])
        for data in bundle.artifacts.values():
            pipe.send_bytes(data)
        if not pipe.poll(self._limit_s):
            raise Unavailable(f"examining the submission took over {self._limit_s:g} s and was given up")
        answer: Examined | Rederived | Exception = pipe.recv()
        return answer

    def _start(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_examine_there, args=(theirs, *self._arguments), name="examiner", daemon=True
        )
        self._pipe, self._process = ours, process
        process.start()
        theirs.close()
        return ours


def _examine_there(pipe: Connection, sigstore: Sigstore | None, memory: tuple[int, int]) -> None:
    """The life of a process: one question after the other, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
    end_with_parent()
    here = Here(sigstore() if sigstore else None, Memory(*memory))
    gc.disable()
    gc.freeze()
    standing: _Standing
    since = 0
    try:
        while True:
            sent, history, now, envelope, customers, deep = pipe.recv()
            if sent is not None:  # with the first, always
                standing = sent
            sizes: list[tuple[Digest, int]] = pipe.recv()
            artifacts = {digest: pipe.recv_bytes() for digest, _ in sizes}
            since += len(envelope) + sum(size for _, size in sizes)
            inputs = Inputs(
                bundle=Bundle(envelope, customers, artifacts), history=history, now=now, **standing._asdict()
            )
            pipe.send(_answer(here, inputs, deep))
            if since > _COLLECT_AFTER:
                gc.collect()
                since = 0
    except (EOFError, OSError):
        return  # whoever asked has gone


def _answer(here: Here, inputs: Inputs, deep: Deep | None) -> Examined | Rederived | Exception:
    try:
        return here.examine(inputs) if deep is None else here.rederive(inputs, deep)
    except AssayError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a fault of ours, told where it is noticed
        return RuntimeError(f"{type(error).__name__}: {error}")
