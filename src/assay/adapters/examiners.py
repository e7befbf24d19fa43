"""Submissions read and verdicts computed in processes of their own: as many at once as there are, and none keeps whoever serves from serving."""

import gc
import os
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, LifoQueue
from typing import Any, NamedTuple

from assay.adapters.with_parent import end_with_parent
from assay.errors import AssayError, Unavailable
from assay.evidence.memory import MEMBERS_BYTES, READINGS_BYTES, Memory
from assay.evidence.statement import SigstoreVerifier
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.verdict import Engine
from assay.office.examining import Examined, Here, Terms
from assay.office.submit import Admitted
from assay.validation.examine import Inputs
from assay.validation.rederive import Deep, Rederived

LIMIT_S = 600.0
"""For one submission."""
_COLLECT_AFTER = 64 * 1024 * 1024
"""Bytes of submissions between two searches for reference cycles. Values hold none, and looking for some costs a third."""
_END_S = 5.0
READ_S = 20.0
"""For what is read at once; then it is read by whoever asked. Also for a process to begin reading what it is sent."""
WORTH = 4
"""Submissions at once from which on sending them costs less than reading them."""

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


class _Question(NamedTuple):
    """The artifacts follow it, as bytes."""

    standing: _Standing | None
    history: bytes
    now: datetime
    envelope: bytes
    customers: bytes | None
    deep: Deep | None
    sizes: list[tuple[Digest, int]]


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
        self._here = Here(None)

    @property
    def busy(self) -> bool:
        """Whether all are at something."""
        return self._idle.empty()

    def admit(self, terms: Terms, bundles: Sequence[Bundle]) -> Sequence[Admitted | AssayError]:
        """By a process that is there and has nothing else to do; else in this thread. Somebody waits for the answer."""
        if len(bundles) < WORTH:
            return self._here.admit(terms, bundles)
        try:
            process = self._idle.get_nowait()
        except Empty:
            return self._here.admit(terms, bundles)
        try:
            found = process.admit(terms, bundles)
        finally:
            self._idle.put(process)
        return self._here.admit(terms, bundles) if found is None else found

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

    def admit(self, terms: Terms, bundles: Sequence[Bundle]) -> Sequence[Admitted | AssayError] | None:
        """None where it is not running, or did not answer."""
        if self._pipe is None:
            return None
        try:
            self._pipe.send((terms, [_named(one) for one in bundles]))
            if self._pipe.poll(READ_S):
                answer: Sequence[Admitted | AssayError] | Exception = self._pipe.recv()
                return None if isinstance(answer, Exception) else answer
        except (EOFError, OSError):
            pass
        except BaseException:
            self.end()
            raise
        self.end()  # whatever it says now would be taken for the answer to the next question
        return None

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
        sizes = [(digest, len(data)) for digest, data in bundle.artifacts.items()]
        pipe.send(_Question(sent, inputs.history, inputs.now, bundle.envelope, bundle.customers, deep, sizes))
        self._sent = standing
        for data in bundle.artifacts.values():
            pipe.send_bytes(data)
        if not pipe.poll(self._limit_s):
            raise Unavailable(f"examining the submission took over {self._limit_s:g} s and was given up")
        answer: Examined | Rederived | Exception = pipe.recv()
        return answer

    def _start(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        _wait_no_longer(ours, READ_S)
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
            asked = pipe.recv()
            if not isinstance(asked, _Question):
                pipe.send(_told(partial(here.admit, *asked)))
                since += sum(len(one.envelope) for one in asked[1])
            else:
                if asked.standing is not None:  # with the first, always
                    standing = asked.standing
                artifacts = {digest: pipe.recv_bytes() for digest, _ in asked.sizes}
                since += len(asked.envelope) + sum(size for _, size in asked.sizes)
                inputs = Inputs(
                    bundle=Bundle(asked.envelope, asked.customers, artifacts), history=asked.history, now=asked.now,
                    **standing._asdict(),
                )  # fmt: skip
                pipe.send(_answer(here, inputs, asked.deep))
            if since > _COLLECT_AFTER:
                gc.collect()
                since = 0
    except (EOFError, OSError):
        return  # whoever asked has gone


def _answer(here: Here, inputs: Inputs, deep: Deep | None) -> Any:
    return _told(lambda: here.examine(inputs) if deep is None else here.rederive(inputs, deep))


def _told(do: Callable[[], Any]) -> Any:
    """What *do* finds, or what is wrong."""
    try:
        return do()
    except AssayError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a fault of ours, told where it is noticed
        return RuntimeError(f"{type(error).__name__}: {error}")


def _wait_no_longer(pipe: Connection, seconds: float) -> None:
    """For whoever reads at the other end to take some of what is sent: OSError then, as when nobody is there."""
    whole, rest = divmod(int(seconds * 1e6), 1_000_000)
    with socket.socket(fileno=os.dup(pipe.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", whole, rest))


def _named(bundle: Bundle) -> Bundle:
    """What reading goes by: which artifacts there are, without them."""
    return Bundle(bundle.envelope, bundle.customers, dict.fromkeys(bundle.artifacts, b""))
