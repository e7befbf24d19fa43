"""HTTP to servers that somebody else has named: only to addresses that the office may ask.

The name is looked up once, all its addresses are judged, and the connection goes to one of those, while TLS still verifies
the name. So a name that means another address a moment later (DNS rebinding) leads nowhere. Errors name the server, not the
path, which may hold a secret.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from assay.adapters.http_client import Answer, HttpClient
from assay.errors import Unavailable
from assay.office.destination import Destinations

TIMEOUT_S = 15.0
MAX_TRIED = 4
"""Addresses of one name."""
MAX_LOOKUPS = 32
"""At one time: the system's own lookup cannot be ended early."""

Found = Sequence[tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]]
Resolve = Callable[[str, int], Found]
"""From host and port to all its addresses; raises OSError."""


def resolve(host: str, port: int) -> Found:
    """As the system does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [(one[0], one[4]) for one in found]  # type: ignore[misc]  # of these two families


class GuardedHttp:
    """May be shared by threads. *timeout_s* is for a whole exchange, the lookup of the name included."""

    def __init__(
        self, destinations: Destinations, *, timeout_s: float = TIMEOUT_S, resolve: Resolve = resolve
    ) -> None:
        self._destinations = destinations
        self._resolve = resolve
        self._lookups = threading.BoundedSemaphore(MAX_LOOKUPS)
        self._client = HttpClient(timeout_s=timeout_s, dial=self._dial, shows=self._server)

    def get(self, url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status; a redirect is one.

        Malformed and Refused for a URL or an address that is not allowed, TooLarge when the body is over *limit* bytes,
        Unavailable when there is no answer.
        """
        return self._client.get(self._destinations.parse(url).url, limit=limit, headers=headers)

    def post(
        self,
        url: str,
        body: bytes,
        *,
        limit: int,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As :meth:`get`. What is posted may arrive twice."""
        plain = self._destinations.parse(url).url
        return self._client.post(plain, body, limit=limit, content_type=content_type, headers=headers)

    def close(self) -> None:
        self._client.close()

    def _server(self, url: str) -> str:
        return self._destinations.parse(url).server

    def _dial(self, host: str, port: int, timeout_s: float) -> socket.socket:
        end = time.monotonic() + timeout_s
        found = self._looked_up(host, port, timeout_s)
        self._destinations.admit(host, [address[0] for _, address in found])
        failure: OSError = TimeoutError("timed out")
        for family, address in found[:MAX_TRIED]:
            left = end - time.monotonic()
            if left <= 0:
                break
            try:
                return _connected(family, address, left)
            except OSError as error:
                failure = error
        raise failure

    def _looked_up(self, host: str, port: int, timeout_s: float) -> Found:
        answers: queue.SimpleQueue[Found | Exception] = queue.SimpleQueue()

        def look() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)
            finally:
                self._lookups.release()

        if not self._lookups.acquire(timeout=timeout_s):
            raise Unavailable(f"{host}: {MAX_LOOKUPS} names are being looked up already")
        threading.Thread(target=look, name="lookup", daemon=True).start()
        try:
            answer = answers.get(timeout=timeout_s)
        except queue.Empty as error:
            raise Unavailable(f"{host}: its address was not found within {timeout_s:g} s") from error
        if isinstance(answer, Exception):
            raise Unavailable(f"{host}: its address was not found") from answer
        return answer


def _connected(
    family: socket.AddressFamily, address: tuple[str, int] | tuple[str, int, int, int], timeout_s: float
) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout_s)
        made.connect(address)
    except BaseException:
        made.close()
        raise
    return made
