"""A server in a thread on loopback, for as long as a test needs it and no longer than a minute, unless it says so."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assay.web.serving import Address, App, Limits, serve

MAX_S = 60.0


@contextmanager
def served(app: App, limits: Limits = Limits(), most_s: float = MAX_S) -> Iterator[str]:  # noqa: B008 - frozen
    """The server's URL. Leaves when the server has ended."""
    ready, stop = threading.Event(), threading.Event()
    found: list[str] = []
    failed: list[BaseException] = []

    def told(url: str) -> None:
        found.append(url)
        ready.set()

    async def until() -> None:
        await asyncio.to_thread(stop.wait, most_s)

    def run() -> None:
        try:
            serve(app, Address("127.0.0.1", 0), ready=told, limits=limits, while_serving=until)
        except BaseException as error:  # noqa: BLE001 - shown to the test below
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(MAX_S)
        if failed:
            raise failed[0]
        yield found[0]
    finally:
        stop.set()
        thread.join(MAX_S)
    assert not thread.is_alive()
    assert not failed, failed
