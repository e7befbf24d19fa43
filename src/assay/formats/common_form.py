"""A filled common form as values: what was found, what was not, and what could not be read. Nothing is made up."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal, cast

import msgspec

from assay.errors import Malformed
from assay.formats import form_values
from assay.formats.attestation import Contact, Kind, Milestone, Provider, Scope
from assay.formats.common_form_fields import IGNORE, ITEMS, OPTIONS, TARGETS, Place, Spellings
from assay.formats.form_field import FormField
from assay.formats.form_values import DateOrder
from assay.formats.text import folded, shown

PACK = "cisa-form@2024-03"
MAX_NAME = 300
"""Characters of a name or version, as in an attestation."""


class Product(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    released: date | None = None
    purl: str = ""


class Signatory(msgspec.Struct, frozen=True):
    name: str = ""
    title: str = ""
    signed: date | None = None
    authority: Literal["", "chief_executive", "designee"] = ""


class Assessment(msgspec.Struct, frozen=True):
    assessor: str = ""
    listing: Literal["", "fedramp_3pao", "approved_in_writing"] = ""
    report: str = ""


class Attachment(msgspec.Struct, frozen=True):
    title: str = ""
    description: str = ""


class FilledForm(msgspec.Struct, frozen=True, kw_only=True):
    """Empty and None mean: the form does not say."""

    kind: Kind | None = None
    scope: Scope | None = None
    extension: str = ""
    replaces: str = ""
    notify: bool | None = None
    binds_future_versions: bool | None = None
    provider: Provider = Provider()
    contact: Contact = Contact()
    products: tuple[Product, ...] = ()
    items: Mapping[str, bool] = {}
    """Those of the twelve that the form answers one by one."""
    all_items: bool | None = None
    signatory: Signatory | None = None
    assessment: Assessment | None = None
    milestones: tuple[Milestone, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    form: FilledForm
    found: tuple[tuple[Place, str], ...]
    """Field of the form, and where it stands."""
    unread: tuple[tuple[str, str], ...]
    """Where, and why what stands there was not read."""
    unknown: tuple[str, ...]
    """Where something stands that no field of the form is known to be."""
    signatures: tuple[str, ...] = ()
    """Where somebody signed by hand or inside the document: no machine-readable signature of what it says."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What most forms say and this one does not."""
        return _missing({place.target for place, _ in self.found})


def read(fields: Iterable[FormField], spellings: Spellings, dates: DateOrder = "") -> Reading:
    """Read *fields*, in any order. ``unread`` tells each that cannot be read, and each that another contradicts."""
    return read_placed(((spellings.place(field.names), field) for field in fields), dates)


def read_placed(fields: Iterable[tuple[Place | None, FormField]], dates: DateOrder = "") -> Reading:
    """As :func:`read`, of fields whose place is known already."""
    return _Reader(dates).read(fields)


class _Reader:
    def __init__(self, dates: DateOrder) -> None:
        self._dates = dates
        self._values: dict[Place, tuple[Any, str]] = {}
        self._disputed: set[Place] = set()
        self._unread: list[tuple[str, str]] = []
        self._unknown: list[str] = []
        self._signatures: list[str] = []

    def read(self, fields: Iterable[tuple[Place | None, FormField]]) -> Reading:
        for place, field in fields:
            self._take(place, field)
        for place in self._disputed:
            del self._values[place]
        form = self._form()
        found = tuple((place, at) for place, (_, at) in self._values.items())
        return Reading(
            form=form,
            found=found,
            unread=tuple(self._unread),
            unknown=tuple(self._unknown),
            signatures=tuple(self._signatures),
        )

    def _take(self, place: Place | None, field: FormField) -> None:
        written = field.value.strip()
        if field.kind == "signature" or (place is not None and place.target == "signature"):
            if written or field.problem:
                self._signatures.append(field.at)
        elif field.problem or (written and not _untouched(place, field)):
            if place is None:
                self._unknown.append(field.at)
            elif place.target != IGNORE:
                self._read(place, field, written)

    def _read(self, place: Place, field: FormField, written: str) -> None:
        if field.problem:
            self._unread.append((field.at, f"{place} {field.problem}"))
            return
        try:
            value = self._value(place, field.kind, written)
        except Malformed as error:
            self._unread.append((field.at, f"{place} {error}"))
        else:
            self._put(place, value, field.at)

    def _value(self, place: Place, kind: str, written: str) -> Any:
        reads = TARGETS[place.target].reads
        if reads == "yes":
            return form_values.yes(written, box=kind == "box", numbered=kind == "choice")
        if kind == "box" and reads not in OPTIONS:
            raise Malformed("is a box with a tick, expected text")
        match reads:
            case "date":
                return form_values.day(written, self._dates)
            case "digest":
                return form_values.digest(written)
            case "kind" | "scope" | "authority" | "listing":
                return form_values.option(reads, written)
        if place.target in _NAMES and len(written) > MAX_NAME:
            raise Malformed(f"has {len(written)} characters, over {MAX_NAME}")
        return form_values.text(written)

    def _put(self, place: Place, value: Any, at: str) -> None:
        earlier, where = self._values.setdefault(place, (value, at))
        if earlier != value:
            self._disputed.add(place)
            self._unread.append((at, f"{place} is {_said(value)} here and {_said(earlier)} at {where}"))

    def _get(self, target: str, row: int = 0) -> Any:
        return self._values.get(Place(target, row), (None, ""))[0]

    def _form(self) -> FilledForm:
        signatory = Signatory(**self._group("signatory"))
        used, assessment = self._get("assessment.used"), Assessment(**self._group("assessment", "used"))
        return FilledForm(
            kind=cast("Kind | None", self._choice("submission.kind")),
            scope=cast("Scope | None", self._choice("submission.scope")),
            extension=self._get("submission.extension") or "",
            replaces=self._get("submission.replaces") or "",
            notify=self._get("submission.notify"),
            binds_future_versions=self._get("submission.binds_future_versions"),
            provider=Provider(**self._group("provider")),
            contact=Contact(**self._group("contact")),
            products=tuple(self._products()),
            items={item: said for item in ITEMS if (said := self._get(f"items.{item}")) is not None},
            all_items=self._get("items.all"),
            signatory=signatory if signatory != Signatory() else None,
            assessment=assessment if used or assessment != Assessment() else None,
            milestones=tuple(self._milestones()),
            attachments=tuple(Attachment(**row) for _, row in self._rows("attachments")),
        )

    def _group(self, group: str, *but: str) -> dict[str, Any]:
        return {
            name: value
            for place, (value, _) in self._values.items()
            if place.target.startswith(f"{group}.") and (name := place.target.partition(".")[2]) not in but
        }

    def _choice(self, target: str) -> str | None:
        """Of a text and of boxes, which must agree."""
        said: dict[str, str] = {}
        for place, (value, at) in self._values.items():
            if place.target == target:
                said.setdefault(value, at)
            elif place.target.startswith(f"{target}.") and value:
                said.setdefault(place.target.removeprefix(f"{target}."), at)
        if len(said) > 1:
            for token, at in said.items():
                self._unread.append(
                    (at, f"{target} is {token} here, and something else elsewhere: one was expected")
                )
            return None
        return next(iter(said), None)

    def _rows(self, group: str) -> Iterable[tuple[int, dict[str, Any]]]:
        rows: dict[int, dict[str, Any]] = {}
        for place, (value, _) in self._values.items():
            if place.target.startswith(f"{group}."):
                rows.setdefault(place.row, {})[place.target.partition(".")[2]] = value
        return sorted(rows.items())

    def _products(self) -> Iterable[Product]:
        for number, row in self._rows("products"):
            if "name" in row:
                yield Product(**row)
            else:
                self._unread.append((self._where("products", number), f"product {number} has no name"))

    def _milestones(self) -> Iterable[Milestone]:
        for number, row in self._rows("milestones"):
            item = _ITEMS.get(folded(row.pop("requirement", "")).removeprefix("item "))
            if item is None:
                reason = f"milestone {number} names no item, expected one of {', '.join(ITEMS)}"
                self._unread.append((self._where("milestones", number), reason))
            else:
                yield Milestone(requirement=f"{PACK}#{item}", **row)

    def _where(self, group: str, row: int) -> str:
        return next(
            at
            for place, (_, at) in self._values.items()
            if place.row == row and place.target.startswith(group)
        )


_ITEMS = {fold: item for item in ITEMS for fold in (folded(item), folded(item).replace(" ", ""))}
_NAMES = frozenset(("provider.name", "products.name", "products.version"))


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else shown(repr(str(value)), 60)


def _untouched(place: Place | None, field: FormField) -> bool:
    """Whether a box or group of buttons says nothing: only of a statement the missing tick says that it is not made."""
    if field.kind not in {"box", "choice"} or field.value != "Off":
        return False
    return field.kind == "choice" or place is None or place.target not in _STATEMENTS


_STATEMENTS = frozenset(
    ("submission.notify", "submission.binds_future_versions", *(f"items.{item}" for item in ITEMS))
)
_OPTIONAL = frozenset(
    (
        "submission.extension",
        "submission.replaces",
        "submission.binds_future_versions",
        "products.purl",
        "signatory.authority",
    )
)
_LISTED = ("milestones.", "attachments.", "assessment.", "signature", "items.")


def _missing(there: set[str]) -> tuple[str, ...]:
    """Of the items, those that are left out where others are answered."""
    names = [
        name
        for name in TARGETS
        if name.count(".") == 1 and not name.startswith(_LISTED) and name not in _OPTIONAL
    ]
    items = (
        [f"items.{item}" for item in ITEMS]
        if any(one.startswith("items.") for one in there)
        else ["items.all"]
    )
    if "items.all" in there:
        items = []
    return tuple(
        name
        for name in (*names, *items)
        if name not in there and not any(one.startswith(f"{name}.") for one in there - _STATEMENTS)
    )
