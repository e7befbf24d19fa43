"""Mail written to a folder, a file for each, where there is nobody to send it by. Any mail program opens them."""

from pathlib import Path

from assay.adapters.filesystem import write_whole
from assay.adapters.mail import Letterhead
from assay.office.mail import Mail
from assay.office.ports import Clock


class FolderMailer:
    """The same mail again is the same file."""

    def __init__(self, folder: Path, sender: str, clock: Clock, *, name: str = "") -> None:
        self._folder, self._head = folder, Letterhead(sender=sender, name=name, clock=clock)

    def send(self, mail: Mail) -> None:
        data = self._head.write(mail)
        write_whole(self._folder / f"{mail.id}.eml", data, mode=0o600)
