"""Mail as it travels (RFC 5322, MIME): one plain text to one address. Written only.

Whoever chooses a subject or an address chooses no header: what does not fit on one line of plain characters is refused
before it gets near one.
"""

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import format_datetime

from assay.errors import Malformed
from assay.formats.text import shown

MAX_ADDRESS = 254
MAX_SUBJECT = 200
MAX_TEXT = 256 * 1024
HEADERS = (
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
)  # fmt: skip
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})+)\Z", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z._-]{1,120}\Z", re.ASCII)


def check_address(text: str, *, what: str = "mail address") -> str:
    """*text* when it is ``name@domain`` of ASCII characters, without quotes, comments or a display name; else Malformed, without it."""
    found = _ADDRESS.match(text) if len(text) <= MAX_ADDRESS else None
    if found is None or len(found[1]) > 64:
        raise Malformed(f"{what}: expected one like name@domain.example, of ASCII characters")
    return text


def encode(*, sender: str, to: str, subject: str, text: str, id_: str, at: datetime, name: str = "") -> bytes:
    """The whole message with CRLF line ends. *name*: of the sender, as people know it. Malformed for an address that is none."""
    if not _ID.match(id_):
        raise ValueError(f"mail has the id {id_!r}")
    domain = check_address(sender, what="the sender's mail address").rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(display_name=_words(name, 100), addr_spec=sender)
        message["To"] = Address(addr_spec=check_address(to))
        message["Subject"] = _words(subject, MAX_SUBJECT)
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{id_}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_plain(text)[:MAX_TEXT])
        data = message.as_bytes()
    except (MessageError, ValueError) as error:
        raise Malformed(f"mail {id_} cannot be written: {shown(str(error), 100)}") from error
    if tuple(BytesParser().parsebytes(data, headersonly=True).keys()) != HEADERS:
        raise Malformed(f"mail {id_} would have other headers than {', '.join(HEADERS)}")
    return data


def _words(text: str, limit: int) -> str:
    """One line without encoded words (RFC 2047): the library would decode them, line ends included."""
    return shown(text.replace("=?", "= ?"), limit)


def _plain(text: str) -> str:
    """Lines of printable characters: no escape sequence or bidirectional override gets to a terminal."""
    return "\n".join(shown(line, 2000) for line in text.replace("\r\n", "\n").split("\n"))
