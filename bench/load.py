"""A lean load generator: bodies made beforehand, sent over HTTP/1.1 on a fixed number of kept connections, each answer awaited.

Flat out, a connection sends the next as soon as it is answered. At a pace, it sends at times that were fixed before, and what is late because the
one before it took long counts as time to answer. Runs in a process of its own, on the same cores as what it measures.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any


class _Connection(asyncio.Protocol):
    """*every*: seconds from one request to the next, the first after *first*; 0 for as soon as an answer is whole."""

    def __init__(
        self,
        requests: Iterator[bytes],
        seconds: list[float],
        statuses: Counter[int],
        done: asyncio.Event,
        kept: list[bytes] | None,
        every: float = 0.0,
        first: float = 0.0,
    ) -> None:
        self._requests, self._seconds, self._statuses, self._done = requests, seconds, statuses, done
        self._kept, self._every = kept, every
        self._due = time.perf_counter() + first
        self._held = b""
        self._began = 0.0
        self.answer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        self._done.set()

    def _next(self) -> None:
        wait = self._due - time.perf_counter() if self._every else 0.0
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._done.set()
            return
        self._began = self._due if self._every else time.perf_counter()
        self._due += self._every
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._held[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])
        if len(self._held) < end + 4 + length:
            return
        self._seconds.append(time.perf_counter() - self._began)
        self._statuses[int(head[9:12])] += 1
        self.answer = self._held[end + 4 :]
        if self._kept is not None and head[9:10] == b"2":
            self._kept.append(self.answer)
        self._held = b""
        self._next()


def request(host: str, path: str, body: bytes, kind: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(
    host: str,
    port: int,
    requests: Iterable[bytes],
    connections: int,
    *,
    keep: bool = False,
    per_s: float = 0.0,
    beside: Callable[[], Awaitable[None]] | None = None,
) -> dict[str, Any]:
    """Seconds in all, seconds of each answer, how many of each status, the processor time it took, and the last answer.

    *keep*: all answers that were a success, too. *per_s*: requests of all connections together, evenly; 0 for flat out. *beside* runs with it; a connection that is lost ends, without an answer.
    """
    import uvloop

    async def all_of_it() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        seconds: list[float] = []
        statuses: Counter[int] = Counter()
        waiting = iter(requests)
        ends = [asyncio.Event() for _ in range(connections)]
        every = connections / per_s if per_s else 0.0
        kept: list[bytes] | None = [] if keep else None
        began, busy = time.perf_counter(), time.process_time()
        made = await asyncio.gather(
            *(
                loop.create_connection(
                    lambda end=end, at=at: _Connection(
                        waiting, seconds, statuses, end, kept, every, every * at / connections
                    ),
                    host,
                    port,
                )
                for at, end in enumerate(ends)
            )
        )
        if beside is not None:
            await beside()
        for end in ends:
            await end.wait()
        return {
            "seconds": time.perf_counter() - began,
            "each": seconds,
            "statuses": dict(statuses),
            "cpu": time.process_time() - busy,
            "answer": made[0][1].answer,
            "answers": kept or [],
        }

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_of_it())
