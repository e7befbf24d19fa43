"""The fields of the common form, and what other people's forms and tables call them. Data, and how a name is looked up.

Names that stand for two fields of the form ("Address", "Name", "Title") are nobody's: they are told, not guessed, and a
map file says what they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from assay.errors import Malformed
from assay.formats import strict_toml
from assay.formats.text import folded, shown

Reads = Literal[
    "text", "date", "yes", "kind", "scope", "authority", "listing", "digest", "signature", "ignore"
]

ITEMS = ("1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "2", "3", "4", "4.a", "4.b", "4.c")
MAX_ROW = 200
"""Products, milestones or attachments in one form."""
IGNORE = "ignore"
"""In a map file: fields that are not to be read."""


class Target(msgspec.Struct, frozen=True):
    """A field of the form."""

    reads: Reads
    spellings: tuple[str, ...]
    rows: bool = False
    """Of a list: a number in the name, or in ``row 2`` behind it, tells which; without one it is the first."""


def _box(*spellings: str) -> Target:
    return Target("yes", spellings)


def _item(number: str) -> Target:
    return _box(*(f"{word} {number}" for word in ("item", "attest", "attestation", "statement", "practice", "requirement", "check box", "section iii")), number)  # fmt: skip


TARGETS: Mapping[str, Target] = {
    "submission.kind": Target("kind", ("kind", "submission type", "kind of submission", "type of submission", "attestation submission type")),
    "submission.kind.new": _box("new attestation", "new"),
    "submission.kind.following_extension_or_waiver": _box("attestation following extension or waiver", "following extension or waiver", "extension or waiver attestation"),
    "submission.kind.revised": _box("revised attestation", "revised"),
    "submission.scope": Target("scope", ("scope", "attestation type", "type of attestation", "attestation for")),
    "submission.scope.company_wide": _box("company wide", "company wide attestation"),
    "submission.scope.individual_product": _box("individual product", "individual product attestation"),
    "submission.scope.multiple_products_or_specific_versions": _box("multiple products", "multiple products or specific versions", "multiple products or specific product versions", "multiple products or specific versions of products"),
    "submission.extension": Target("text", ("extension or waiver", "extension", "waiver", "extension or waiver identifier", "extension or waiver reference")),
    "submission.replaces": Target("digest", ("replaces", "revises", "replaces attestation", "previous attestation digest")),
    "submission.notify": _box("notify", "will notify", "notification", "i will notify", "notify agencies", "agree to notify"),
    "submission.binds_future_versions": _box("binds future versions", "future versions", "applies to future versions"),
    "products.name": Target("text", ("product name", "software name", "name of product", "name of software", "software", "product", "products", "software product name"), rows=True),
    "products.version": Target("text", ("version number", "version", "product version", "software version", "version number if applicable"), rows=True),
    "products.released": Target("date", ("release or publish date", "release publish date", "release date", "publish date", "date released", "released", "date of release", "product release date"), rows=True),
    "products.purl": Target("text", ("purl", "package url"), rows=True),
    "provider.name": Target("text", ("company name", "producer name", "software producer", "software producer name", "producer", "provider", "supplier", "supplier name", "vendor", "vendor name", "company", "name of company", "software producer company name", "producer company name")),
    "provider.address": Target("text", ("company address", "producer address", "software producer address", "company street address")),
    "provider.city": Target("text", ("city", "company city", "producer city", "software producer city")),
    "provider.region": Target("text", ("state or province", "state province", "state", "province", "region", "company state or province", "producer state or province")),
    "provider.postal_code": Target("text", ("postal code", "zip code", "zip", "zip postal code", "company postal code", "producer postal code")),
    "provider.country": Target("text", ("country", "company country", "producer country")),
    "provider.website": Target("text", ("company website", "website", "producer website", "company web site", "url", "company url")),
    "contact.name": Target("text", ("primary contact", "primary contact name", "point of contact", "poc name", "name of primary contact", "name of contact")),
    "contact.title": Target("text", ("primary contact title", "poc title", "title of primary contact")),
    "contact.address": Target("text", ("primary contact address", "poc address")),
    "contact.phone": Target("text", ("phone", "phone number", "telephone", "telephone number", "contact phone number", "primary contact phone", "primary contact phone number", "poc phone")),
    "contact.email": Target("text", ("email", "email address", "e mail", "e mail address", "contact email address", "primary contact email", "primary contact email address", "poc email")),
    **{f"items.{number}": _item(number) for number in ITEMS},
    "items.all": _box("all items", "all practices", "attests to all", "attests to all items", "i attest to all"),
    "signature": Target("signature", ("signature of ceo or designee", "digital signature", "signed by")),
    "signatory.name": Target("text", ("printed name", "name of signatory", "signer name", "signatory", "ceo or designee name", "name of ceo or designee")),
    "signatory.title": Target("text", ("title of signatory", "signer title", "ceo or designee title", "title of ceo or designee")),
    "signatory.signed": Target("date", ("date signed", "signature date", "date of signature", "signed", "signed on", "signatory date")),
    "signatory.authority": Target("authority", ("authority", "signed as", "authority to bind")),
    "assessment.used": _box("third party assessment", "third party assessment attached", "third party assessment box", "assessed by third party", "3pao assessment"),
    "assessment.assessor": Target("text", ("assessor", "assessor name", "name of assessor", "third party assessor", "3pao", "3pao name", "third party assessor organization")),
    "assessment.listing": Target("listing", ("assessor listing", "assessor status", "assessor approval")),
    "assessment.report": Target("text", ("assessment attachment", "third party assessment file")),
    "milestones.requirement": Target("text", ("milestone item", "poam item", "milestone requirement", "plan of action item"), rows=True),
    "milestones.weakness": Target("text", ("milestone weakness", "poam weakness", "weakness"), rows=True),
    "milestones.action": Target("text", ("milestone action", "poam action", "plan of action"), rows=True),
    "milestones.owner": Target("text", ("milestone owner", "poam owner"), rows=True),
    "milestones.due": Target("date", ("milestone due", "milestone due date", "poam due date", "milestone date"), rows=True),
    "attachments.title": Target("text", ("attachment title", "artifact title", "attachment"), rows=True),
    "attachments.description": Target("text", ("attachment description", "artifact description"), rows=True),
}  # fmt: skip
"""By the name that a map file and docs/formats/common-form.md know it by."""

OPTIONS: Mapping[Reads, Mapping[str, tuple[str, ...]]] = {
    "kind": {
        "new": ("new attestation",),
        "following_extension_or_waiver": ("attestation following extension or waiver", "extension or waiver", "following extension", "following waiver"),
        "revised": ("revised attestation", "revision"),
    },
    "scope": {
        "company_wide": ("company wide attestation", "company"),
        "individual_product": ("individual product attestation", "individual", "single product"),
        "multiple_products_or_specific_versions": ("multiple products", "specific versions", "multiple products or specific product versions"),
    },
    "authority": {
        "chief_executive": ("ceo", "chief executive officer"),
        "designee": ("ceo designee", "designated employee"),
    },
    "listing": {
        "fedramp_3pao": ("fedramp", "3pao", "fedramp certified", "fedramp listed"),
        "approved_in_writing": ("approved", "agency approved", "approved by agency"),
    },
}  # fmt: skip
"""Tokens of a choice, and other words for them."""

MAP_LIMIT = 1024 * 1024
_INDEX = re.compile(r"\[[0-9]+\]")
_CAMEL = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])"
)
_ROW = re.compile(r"[0-9]{1,3}")


class Place(msgspec.Struct, frozen=True):
    """What a field is: a target, and which of its rows, from 1; 0 where it has none."""

    target: str
    row: int = 0

    def __str__(self) -> str:
        group, _, name = self.target.partition(".")
        return f"{group}.{self.row}.{name}" if self.row else self.target


class Spellings:
    """Names of fields, folded; those of a map file before ours."""

    def __init__(self, more: Mapping[str, Sequence[str]] | None = None) -> None:
        self._found: dict[str, str] = {}
        for target, names in (more or {}).items():
            self._found |= {fold(name): target for name in names}
        for target, known in TARGETS.items():
            for name in (target, *known.spellings):
                self._found.setdefault(fold(name), target)

    def place(self, names: Iterable[str]) -> Place | None:
        """What a field of these names is, by the first that is known; of a name with points the last part counts too."""
        for name in names:
            found = self._place(fold(name)) or self._place(fold(_INDEX.sub("", name).rpartition(".")[2]))
            if found is not None:
                return found
        return None

    def _place(self, key: str) -> Place | None:
        target = self._found.get(key)
        if target is not None:
            return Place(target, 1 if target in TARGETS and TARGETS[target].rows else 0)
        words = key.split()
        for at, word in enumerate(words):
            if _ROW.fullmatch(word) and 1 <= int(word) <= MAX_ROW:
                rest = " ".join(one for index, one in enumerate(words) if index != at and one != "row")
                target = self._found.get(rest)
                if target is not None and target != IGNORE and TARGETS[target].rows:
                    return Place(target, int(word))
        return None


def fold(name: str) -> str:
    """*name* without case, punctuation and the indexes of form designers: ``CompanyName[0]`` is ``company name``."""
    return folded(_CAMEL.sub(" ", _INDEX.sub("", name)))


def parse_map(data: bytes, *, what: str) -> dict[str, tuple[str, ...]]:
    """A map file (TOML): for each target, quoted or in tables, the list of names that its field has."""
    found: dict[str, tuple[str, ...]] = {}
    _flatten(strict_toml.load(data, what=what, limit=MAP_LIMIT), "", found, what)
    return found


def _flatten(table: Mapping[str, Any], above: str, found: dict[str, tuple[str, ...]], what: str) -> None:
    for key, value in table.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            _flatten(value, name, found, what)
            continue
        if name not in TARGETS and name != IGNORE:
            raise Malformed(
                f"{what}: {shown(repr(name), 80)} is no field of the form, expected one of {', '.join(TARGETS)} or {IGNORE}"
            )
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise Malformed(f"{what}: {name} is not a list of names of fields")
        found[name] = tuple(names)
