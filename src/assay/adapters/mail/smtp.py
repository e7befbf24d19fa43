"""Mail handed to a server (RFC 5321), over TLS with its name verified."""

import smtplib
import ssl
from typing import Literal

import msgspec

from assay.adapters.mail import Letterhead
from assay.errors import Refused, Unavailable
from assay.formats import mail_message
from assay.formats.text import shown
from assay.office.mail import Mail
from assay.office.ports import Clock

TIMEOUT_S = 20.0


class Server(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    """*none* is for a server on this machine: neither mail nor password is protected."""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"<Server {self.host}:{self.port}>"


class SmtpMailer:
    """A connection for each mail. *timeout_s* is for each answer of the server. May be shared by threads."""

    def __init__(
        self, server: Server, sender: str, clock: Clock, *, name: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        mail_message.check_address(sender, what="the sender's mail address")
        self._server, self._timeout_s = server, timeout_s
        self._head = Letterhead(sender=sender, name=name, clock=clock)

    def send(self, mail: Mail) -> None:
        data = self._head.write(mail)
        where = f"the mail server {self._server.host}:{self._server.port}"
        try:
            self._hand_over(mail.to, data)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()), (0, b""))
            raise _failure(
                f"{where} does not take mail {mail.id} for its receiver", code, said, mail
            ) from error
        except smtplib.SMTPDataError as error:
            raise _failure(
                f"{where} does not take mail {mail.id}", error.smtp_code, error.smtp_error, mail
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Unavailable(f"{where}: {shown(str(error), 100)}") from error
        except smtplib.SMTPResponseException as error:
            # Of the sender, the password or the connection: a fault of the settings, not of this mail.
            raise Unavailable(
                f"{where} answers {error.smtp_code}: {_said(error.smtp_error, mail)}"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"{where}: {_lost(error)}") from error

    def _hand_over(self, to: str, data: bytes) -> None:
        with self._connected() as session:
            if self._server.tls == "starttls":
                session.starttls(context=ssl.create_default_context())
            if self._server.user:
                session.login(self._server.user, self._server.password)
            session.sendmail(self._head.sender, [to], data)

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.tls == "implicit":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout_s, context=context)
        return smtplib.SMTP(host, port, timeout=self._timeout_s)


def _failure(line: str, code: int, said: bytes | str, mail: Mail) -> Refused | Unavailable:
    """Codes of 500 and more are for good (RFC 5321 section 4.2.1)."""
    text = f"{line}: {code} {_said(said, mail)}"
    return Refused(text) if code >= 500 else Unavailable(text)


def _said(said: bytes | str, mail: Mail) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return shown(text.replace(mail.to, "(the receiver)"), 200)


def _lost(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return shown(str(getattr(error, "strerror", None) or error), 100) or type(error).__name__
