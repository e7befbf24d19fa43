"""What a browser sends when a form is handed in."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.connection import Request
from litestar.datastructures import UploadFile

from assay.errors import Malformed, TooLarge
from assay.formats.digest import Digest
from assay.office.bring import Brought
from assay.web.api.access import Asker
from assay.web.api.desk import Desk
from assay.web.app.shell import CSRF, came

MAX_FORM = 4 << 20
MAX_FIELDS = 5_000
MAX_FILES = 500
FORM = "form"
"""Under which the state of a request has what was handed in, for the page that asks to confirm first."""


class Form(msgspec.Struct, frozen=True):
    who: Asker
    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """As it was typed, but for the line ends of browsers; empty when it is not there."""
        return self.values.get(name, "").replace("\r\n", "\n").strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """Those that are not blank."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    def number(self, name: str) -> int:
        said = self.values.get(name, "")
        if not said.isascii() or not said.isdecimal() or len(said) > 12:
            raise Malformed(f"{name} is {said[:40]!r}, expected a number")
        return int(said)


Problems = Mapping[str, str]
"""By the id of a field: what is wrong with it, for the page that shows the form again."""
NO_PROBLEMS: Problems = {}
TOO_LONG = "At most {most} characters."


def entered(request: Request[Any, Any, Any], desk: Desk, body: bytes) -> Form:
    """The form in *body*, from somebody whose session it belongs to."""
    return admitted(request, desk, fields(body))


def admitted(request: Request[Any, Any, Any], desk: Desk, values: Mapping[str, str]) -> Form:
    request.scope["state"][FORM] = {name: value for name, value in values.items() if name != CSRF}
    return Form(came(request, desk, values.get(CSRF, "")), values)


def with_files(
    request: Request[Any, Any, Any], desk: Desk, data: dict[str, Any], name: str
) -> tuple[Form, Sequence[bytes]]:
    """The form, and its files of *name* that are not empty."""
    handed = admitted(request, desk, {key: value for key, value in data.items() if isinstance(value, str)})
    given = data.get(name, [])
    listed = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, UploadFile)]
    if len(listed) > MAX_FILES:
        raise Malformed(f"{len(listed)} files came, over {MAX_FILES}")
    return handed, [content for one in listed if (content := one.file.read())]


def brought(desk: Desk, given: Form, files: Sequence[bytes]) -> Brought:
    """*files* of the form, and those that its page had uploaded before, by digest. Malformed."""
    uploaded = [Digest.parse(one, what="artifacts") for one in given.text("artifacts").split()]
    return Brought(files, uploaded, desk.holdings)


def fields(body: bytes) -> dict[str, str]:
    """Of ``application/x-www-form-urlencoded``; of a name that is there twice, the last."""
    if len(body) > MAX_FORM:
        raise TooLarge(f"the form has {len(body)} bytes, over {MAX_FORM}")
    try:
        return dict(
            parse_qsl(
                body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
            )
        )
    except ValueError as error:
        raise Malformed(f"the form cannot be read: {error}") from error


def local(path: str) -> str:
    """*path* when it leads to a page of this office, or else its first page."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") and len(path) < 2000 else "/"
