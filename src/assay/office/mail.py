"""Mail that the office sends: plain text to one person."""

from typing import Protocol

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """The same for each attempt, so that a reader's program may know what came twice: letters, digits, ``.``, ``_``, ``-``."""
    to: str
    subject: str
    text: str

    def __repr__(self) -> str:
        return f"<Mail {self.id}, not shown>"


class Mailer(Protocol):
    """Sends at least once: when an answer gets lost, a mail may be sent although this says that it was not."""

    def send(self, mail: Mail) -> None:
        """Taken over by somebody who will deliver it.

        Malformed for an address that is none; Refused when it is refused for good; Unavailable when it may be taken later.
        None of these shows the address.
        """
