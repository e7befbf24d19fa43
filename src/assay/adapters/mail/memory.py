"""Mail kept in memory, for tests."""

from assay.formats.mail_message import check_address
from assay.office.mail import Mail


class MemoryMailer:
    def __init__(self) -> None:
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> None:
        check_address(mail.to)
        self.sent.append(mail)
