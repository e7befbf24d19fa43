"""Ways to send mail: over SMTP, into a folder, into memory."""

import msgspec

from assay.formats import mail_message
from assay.office.mail import Mail
from assay.office.ports import Clock


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Whom mail comes from."""

    sender: str
    name: str = ""
    """As people know it."""
    clock: Clock

    def write(self, mail: Mail) -> bytes:
        return mail_message.encode(
            sender=self.sender,
            name=self.name,
            to=mail.to,
            subject=mail.subject,
            text=mail.text,
            id_=mail.id,
            at=self.clock.now(),
        )
