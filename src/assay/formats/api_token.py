"""The text of an API token, ``assay_<id>_<secret>_<checksum>``: a form that secret scanners recognise.

*id* is public: 16 characters. *secret*: 52 characters of base 32 (RFC 4648 section 6, lower case) for 256 random bits.
*checksum*: CRC-32 of everything before it, as 8 hexadecimal digits.
"""

import re
import zlib

import msgspec

from assay.errors import Malformed

PREFIX = "assay"
ID_CHARACTERS = 16
SECRET_CHARACTERS = 52
_FORM = re.compile(r"assay_([a-z2-7]{16})_([a-z2-7]{52})_([0-9a-f]{8})")


class ApiTokenText(msgspec.Struct, frozen=True):
    id: str
    secret: str

    def encode(self) -> str:
        body = f"{PREFIX}_{self.id}_{self.secret}"
        return f"{body}_{checksum(body)}"

    @classmethod
    def parse(cls, text: str) -> "ApiTokenText":
        """The error never shows the text."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise Malformed("the token is not of the form assay_<id>_<secret>_<checksum>")
        token = cls(form[1], form[2])
        if token.encode() != text:
            raise Malformed("the token's checksum is wrong: characters are missing or mistyped")
        return token


def checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('ascii')):08x}"


def is_token(text: bytes) -> bool:
    """Whether *text*, which has the form, has the right checksum."""
    body, _, check = text.rpartition(b"_")
    return f"{zlib.crc32(body):08x}".encode() == check
