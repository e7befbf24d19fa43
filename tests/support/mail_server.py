"""A mail server on loopback that speaks as much of RFC 5321 as a test needs, and ends by itself."""

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

USER, PASSWORD = "office", "correct horse"


class Received(msgspec.Struct):
    sender: str
    to: str
    data: bytes
    tls: bool
    user: str


class MailServer:
    """*answers*: what it says instead of yes, by the command's first word."""

    def __init__(self, *, certificate: Path | None, implicit: bool, answers: Mapping[str, str]) -> None:
        self.received: list[Received] = []
        self._certificate, self._implicit, self._answers = certificate, implicit, answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(20)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(20)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with suppress(OSError), ExitStack() as stack:  # closing flushes, to a client that may have gone
                connection.settimeout(10)
                self._talk(stack, stack.enter_context(connection))

    def _talk(self, stack: ExitStack, raw: socket.socket) -> None:
        connection = stack.enter_context(self._wrapped(raw)) if self._implicit else raw
        tls, user, sender, to = self._implicit, "", "", ""
        file = stack.enter_context(connection.makefile("rwb"))

        def say(line: str) -> None:
            file.write(line.encode() + b"\r\n")
            file.flush()

        say(self._answers.get("greeting", "220 mail.example"))
        while line := file.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word in self._answers:
                say(self._answers[word])
                continue
            match word:
                case "EHLO":
                    offered = [] if self._certificate is None or tls else ["STARTTLS"]
                    lines = ["mail.example", *offered, "AUTH PLAIN"]
                    for one in lines[:-1]:
                        say(f"250-{one}")
                    say(f"250 {lines[-1]}")
                case "STARTTLS":
                    say("220 go on")
                    connection, tls = stack.enter_context(self._wrapped(connection)), True
                    file = stack.enter_context(connection.makefile("rwb"))
                case "AUTH":
                    _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                    say("235 welcome" if (user, password) == (USER, PASSWORD) else "535 no")
                case "MAIL":
                    sender = re.findall("<(.*)>", line)[0]
                    say("250 ok")
                case "RCPT":
                    to = re.findall("<(.*)>", line)[0]
                    say("250 ok")
                case "DATA":
                    say("354 go on")
                    data = b""
                    while (part := file.readline()) not in (b".\r\n", b""):
                        data += part.removeprefix(b".") if part.startswith(b"..") else part
                    said = self._answers.get("end", "250 taken")
                    if said.startswith("250"):
                        self.received.append(Received(sender, to, data, tls, user))
                    say(said)
                case "QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")

    def _wrapped(self, connection: socket.socket) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self._certificate is not None
        context.load_cert_chain(self._certificate)
        wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped


@contextmanager
def mail_server(
    *, certificate: Path | None = None, implicit: bool = False, answers: Mapping[str, str] | None = None
) -> Iterator[MailServer]:
    made = MailServer(certificate=certificate, implicit=implicit, answers=answers or {})
    try:
        yield made
    finally:
        made.close()
