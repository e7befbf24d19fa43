"""Mail written to a folder, a file for each, where there is nobody to send it by. Any mail program opens them."""

from pathlib import Path

from assay.adapters.filesystem import write_whole
from assay.formats import mail_message
from assay.office.mail import Mail
from assay.office.ports import Clock


class FolderMailer:
    """The same mail again is the same file."""

    def __init__(self, folder: Path, sender: str, clock: Clock, *, name: str = "") -> None:
        self._folder, self._sender, self._clock, self._name = folder, sender, clock, name

    def send(self, mail: Mail) -> None:
        data = mail_message.encode(
            sender=self._sender,
            name=self._name,
            to=mail.to,
            subject=mail.subject,
            text=mail.text,
            id_=mail.id,
            at=self._clock.now(),
        )
        write_whole(self._folder / f"{mail.id}.eml", data, mode=0o600)
