"""Servers on the loopback that hold a tiled log: a bucket, and a static folder that can be told to misbehave."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from assay.adapters.tiles.memory import MemoryTiles

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(files: MemoryTiles, odd: dict[str, Answer] | None = None) -> Iterator[str]:
    """URL of a server for *files*; paths in *odd* are answered by what stands there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.removeprefix("/log/")
            if odd and path in odd:
                odd[path](self)
            else:
                data = files.files.get(path)
                answer(self, 404 if data is None else 200, data or b"")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/log"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


class Bucket:
    """An S3 server whose bucket ``tiles`` stays as it is while nobody reaches the server."""

    def __init__(self) -> None:
        self._port = 0
        self._server: Any = None
        self.back()
        client = HTTPConnection("127.0.0.1", self._port)
        client.request("PUT", "/tiles")
        assert client.getresponse().status == 200
        client.close()

    @property
    def options(self) -> dict[str, Any]:
        return options_of(f"http://127.0.0.1:{self._port}")

    def gone(self) -> None:
        self._server.stop()

    def back(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self._port, verbose=False)
        self._server.start()
        _, self._port = self._server.get_host_and_port()


def options_of(endpoint: str) -> dict[str, Any]:
    """What a client needs to know of the S3 server at *endpoint*."""
    return {
        "endpoint": endpoint,
        "region": "us-east-1",
        "access_key_id": "fictional",
        "secret_access_key": "fictional",
    }


def unfinished(options: dict[str, Any]) -> int:
    """How many objects were begun there in parts, and neither ended nor dropped."""
    client = HTTPConnection(urlsplit(options["endpoint"]).netloc)
    client.request("GET", "/tiles?uploads")
    answer = client.getresponse()
    assert answer.status == 200
    found = answer.read().count(b"<UploadId>")
    client.close()
    return found


@contextmanager
def bucket_server() -> Iterator[dict[str, Any]]:
    """Options that reach an empty S3 server; the bucket is ``tiles``."""
    made = Bucket()
    try:
        yield made.options
    finally:
        made.gone()
