"""Servers on loopback that say what a test wants them to, and end by themselves."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello"


@contextmanager
def server(*talks: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serves one connection for each of *talks*, then is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def run() -> None:
            for talk in talks:
                with suppress(OSError), listening.accept()[0] as one:
                    one.settimeout(5)
                    with suppress(OSError):
                        talk(one)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"
    thread.join(10)


def says(*parts: bytes, every_s: float = 0.0) -> Callable[[socket.socket], None]:
    def talk(one: socket.socket) -> None:
        one.recv(65536)
        for part in parts:
            one.sendall(part)
            time.sleep(every_s)

    return talk


def keeps(*answers: bytes) -> Callable[[socket.socket], None]:
    """Answers one request after the other on the same connection."""

    def talk(one: socket.socket) -> None:
        for answer in answers:
            one.recv(65536)
            one.sendall(answer)

    return talk


def over_tls(certificate: Path, *answers: bytes) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(one: socket.socket) -> None:
        with context.wrap_socket(one, server_side=True) as inner:
            for answer in answers:
                inner.recv(65536)
                inner.sendall(answer)

    return talk


def make_certificate(path: Path, *names: x509.GeneralName) -> Path:
    """A certificate of *names*, signed by itself, with its key; fictional."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path
