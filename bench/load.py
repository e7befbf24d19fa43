"""A lean load generator: bodies made beforehand, sent over HTTP/1.1 on a fixed number of kept connections, each answer awaited.

Runs in a process of its own, on the same cores as what it measures.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as an answer is whole."""

    def __init__(
        self, requests: Iterator[bytes], seconds: list[float], statuses: Counter[int], done: asyncio.Event
    ) -> None:
        self._requests, self._seconds, self._statuses, self._done = requests, seconds, statuses, done
        self._held = b""
        self._began = 0.0
        self.answer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        self._done.set()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._done.set()
            return
        self._began = time.perf_counter()
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
        self._held = b""
        self._next()


def request(host: str, path: str, body: bytes, kind: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(host: str, port: int, requests: Sequence[bytes], connections: int) -> dict[str, Any]:
    """Seconds in all, seconds of each answer, how many of each status, the processor time it took, and the last answer."""
    import uvloop

    async def all_of_it() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        seconds: list[float] = []
        statuses: Counter[int] = Counter()
        waiting = iter(requests)
        ends = [asyncio.Event() for _ in range(connections)]
        began, busy = time.perf_counter(), time.process_time()
        made = await asyncio.gather(
            *(
                loop.create_connection(
                    lambda end=end: _Connection(waiting, seconds, statuses, end), host, port
                )
                for end in ends
            )
        )
        for end in ends:
            await end.wait()
        return {
            "seconds": time.perf_counter() - began,
            "each": seconds,
            "statuses": dict(statuses),
            "cpu": time.process_time() - busy,
            "answer": made[0][1].answer,
        }

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_of_it())
