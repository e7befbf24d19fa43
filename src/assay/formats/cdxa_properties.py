"""The names under ``assay:`` by which an attestation says what CycloneDX has no field for; docs/formats/attestation.md lists them."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from assay.errors import Malformed
from assay.formats.cdxa import Property
from assay.formats.digest import Digest
from assay.formats.text import shown

NAMESPACE = "assay:"
PROFILE = "assay:profile"
PROFILE_VERSION = "1"

ATTESTATION = (
    PROFILE,
    "assay:draft",
    "assay:form:kind",
    "assay:form:scope",
    "assay:form:notify",
    "assay:form:binds-future-versions",
    "assay:form:replaces",
    "assay:form:extension",
    "assay:contact:title",
    "assay:contact:address",
    "assay:signatory:signed",
    "assay:signatory:authority",
    "assay:signatory:delegation",
    "assay:assessment:listing",
    "assay:assessment:report",
    "assay:assessment:approval",
    "assay:customers:commitment",
    "assay:customers:rows",
)
RELEASE = (
    "assay:release:released",
    "assay:release:in-scope",
    "assay:release:excluded",
    "assay:release:repository",
    "assay:release:commit",
)
ARTIFACT = ("assay:artifact:kind", "assay:artifact:title", "assay:artifact:release")
RESULT = (PROFILE, "assay:result", "assay:result:attestation", "assay:result:verdict")
MANY = frozenset({"assay:artifact:release"})
"""Names that may stand several times on one object."""

T = TypeVar("T")


def write(*pairs: tuple[str, str | Digest | date | bool | int | None]) -> tuple[Property, ...]:
    """Properties for the pairs that say something: None and empty text are left out."""
    return tuple(Property(name, _text(value)) for name, value in pairs if value is not None and value != "")


class Properties:
    """Properties of one object, each name known and given once; others' namespaces are left unread."""

    def __init__(self, properties: Iterable[Property], names: tuple[str, ...], *, at: str) -> None:
        self.at = at
        self._values: dict[str, list[str]] = {}
        for item in properties:
            if not item.name.startswith(NAMESPACE):
                continue
            if item.name not in names:
                raise Malformed(f"{at}: {shown(item.name, 80)!r} is not a property known here")
            values = self._values.setdefault(item.name, [])
            if values and item.name not in MANY:
                raise Malformed(f"{at}: {item.name!r} is given twice")
            values.append(item.value)

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(self._values.get(name, ()))

    def text(self, name: str) -> str:
        return next(iter(self._values.get(name, ())), "")

    def flag(self, name: str) -> bool:
        """Always written, so that absence never reads as an answer."""
        value = self.text(name)
        if value not in ("true", "false"):
            raise Malformed(f"{self.at}: {name!r} is {shown(value, 40)!r}, expected 'true' or 'false'")
        return value == "true"

    def choice(self, name: str, allowed: tuple[T, ...]) -> T | None:
        """One of the *allowed* texts, or None."""
        value = self.text(name)
        if not value:
            return None
        for one in allowed:
            if value == one:
                return one
        expected = ", ".join(str(one) for one in allowed if one)
        raise Malformed(f"{self.at}: {name!r} is {shown(value, 40)!r}, expected one of {expected}")

    def digest(self, name: str) -> Digest | None:
        value = self.text(name)
        return Digest.parse(value, what=f"{self.at}: {name!r}") if value else None

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Malformed(f"{self.at}: {name!r} is {shown(value, 40)!r}, expected YYYY-MM-DD") from error

    def count(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise Malformed(f"{self.at}: {name!r} is {shown(value, 40)!r}, expected a count")
        return int(value)


def _text(value: str | Digest | date | bool | int | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
