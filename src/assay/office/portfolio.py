"""What stands behind the software that somebody runs: an inventory matched with the results that its reader may see.

That a result is about an item says nothing of how it came out. Which results the reader may see is decided before they come
here, so what was not shared and what does not exist look alike.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec

from assay.formats import purl as purls
from assay.formats.digest import Digest
from assay.formats.inventory import InventoryItem
from assay.formats.purl import Purl
from assay.formats.text import shown
from assay.formats.verdict import ReleaseRef, VerdictDocument

How = Literal["digest", "purl", "name", "other_file", "other_version", "no_version", "company_wide"]
"""How a result was found, the strongest first: the very file; package and version; provider, product and version; the same
names and version but other files; another version; the item does not say its version; the provider as a whole."""
HOW: tuple[How, ...] = get_args(How)
EXACT: tuple[How, ...] = ("digest", "purl", "name")
Answer = Literal["matched", "related", "none", "unknown"]
"""Something is about this very item; only about its like; nothing is; could not tell."""

MAX_NAMED = 3
"""Providers named in a reason."""
_V = re.compile(r"v(?=[0-9])")
_Key = tuple[str, str]
_PackageKey = tuple[str, str, str]
_Found = tuple["Fact", ReleaseRef]


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a result: recorded, decided, published, answered, corrected, withdrawn, lapsed."""

    at: datetime
    says: str
    result: str = ""
    """Token from then on; empty where it did not change."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A submission and what came of it, as far as the reader may see."""

    payload: Digest
    """Of the attestation."""
    provider: str
    releases: tuple[ReleaseRef, ...]
    """Empty where the attestation is about all that the provider makes."""
    result: str
    """Token; empty while there is none."""
    entry: int
    """Of the submission in the register: the larger, the newer."""
    events: tuple[Event, ...] = ()
    """Oldest first."""

    @classmethod
    def of(cls, verdict: VerdictDocument, *, entry: int, events: tuple[Event, ...] = ()) -> "Fact":
        return cls(
            payload=Digest.parse(verdict.attestation),
            provider=verdict.provider,
            releases=verdict.releases,
            result=verdict.result,
            entry=entry,
            events=events,
        )


class Match(msgspec.Struct, frozen=True):
    fact: Fact
    how: How
    release: ReleaseRef | None
    """None where the result is about the provider as a whole."""


class Standing(msgspec.Struct, frozen=True):
    item: InventoryItem
    answer: Answer
    matches: tuple[Match, ...]
    """The strongest first, then the newest."""
    reason: str
    """In one line, for people."""


class Changed(msgspec.Struct, frozen=True):
    item: InventoryItem
    match: Match
    events: tuple[Event, ...]


class Silent(msgspec.Struct, frozen=True):
    """How many facts an item known by its digest, or its package URL, alone may be about, for all that they say."""

    digest: int = 0
    package: int = 0


class Index:
    """Facts, by all that an item can be found by. *silent*: where *facts* are only those that the items may be about."""

    def __init__(self, facts: Iterable[Fact], silent: Silent | None = None) -> None:
        self.digests: dict[Digest, list[_Found]] = {}
        self.packages: dict[_PackageKey, list[tuple[Fact, ReleaseRef, str]]] = {}
        self.names: dict[_Key, list[_Found]] = {}
        self.companies: dict[str, list[Fact]] = {}
        self.providers: dict[str, dict[str, None]] = {}
        """By product."""
        self.without_digest = self.without_purl = 0
        for fact in facts:
            self._add(fact)
        self.silent = silent or Silent(self.without_digest, self.without_purl)

    def _add(self, fact: Fact) -> None:
        provider = fold(fact.provider)
        packages = [purls.identity(one.purl) for one in fact.releases]
        self.without_digest += not fact.releases or not all(one.digests for one in fact.releases)
        self.without_purl += not fact.releases or None in packages
        if not fact.releases:
            self.companies.setdefault(provider, []).append(fact)
        for release, package in zip(fact.releases, packages, strict=True):
            product = fold(release.name)
            self.names.setdefault((provider, product), []).append((fact, release))
            self.providers.setdefault(product, {})[fact.provider] = None
            if package is not None:
                version = package.version or release.version
                self.packages.setdefault(package_key(package), []).append((fact, release, version))
            for file in release.digests:
                self.digests.setdefault(Digest.parse(file.digest), []).append((fact, release))


def stand(items: Iterable[InventoryItem], index: Index) -> Iterator[Standing]:
    """What stands behind each item, in their order."""
    for item in items:
        yield _standing(item, index)


def changed(standings: Iterable[Standing], since: datetime) -> Iterator[Changed]:
    """What happened after *since* to the results behind each item."""
    for standing in standings:
        for match in standing.matches:
            if events := tuple(event for event in match.fact.events if event.at > since):
                yield Changed(standing.item, match, events)


def tally(standings: Iterable[Standing]) -> Mapping[tuple[Answer, str], int]:
    """How many items have which answer, with the result of the strongest match; empty where there is none."""
    return Counter((one.answer, one.matches[0].fact.result if one.matches else "") for one in standings)


def fold(text: str) -> str:
    """A name for comparing: no case, no difference of blanks. Punctuation stays: C is not C++."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _version(text: str) -> str:
    return _V.sub("", fold(text), count=1) if text[:1] in "vV" else fold(text)


def package_key(purl: Purl) -> _PackageKey:
    """Without version; a package of another repository is another package."""
    name = purls.normalise_name(purl.type, purl.full_name)
    return purl.type, name, dict(purl.qualifiers).get("repository_url", "")


def _standing(item: InventoryItem, index: Index) -> Standing:
    package = purls.identity(item.purl)
    found: dict[tuple[Digest, ReleaseRef | None], Match] = {}
    for match in _matches(item, package, index):
        key = (match.fact.payload, match.release)
        if key not in found or HOW.index(match.how) < HOW.index(found[key].how):
            found[key] = match
    matches = sorted(found.values(), key=lambda one: (HOW.index(one.how), -one.fact.entry))
    answer, reason = _answer(item, package, matches, index)
    return Standing(item, answer, tuple(matches), reason)


def _matches(item: InventoryItem, package: Purl | None, index: Index) -> Iterator[Match]:
    for digest in item.digests:
        for fact, release in index.digests.get(digest, ()):
            yield Match(fact, "digest", release)
    if package is not None:
        said = package.version or item.version
        for fact, release, version in index.packages.get(package_key(package), ()):
            yield Match(fact, _how("purl", said, version, item, release), release)
    if item.provider and item.product:
        said = item.version or (package.version if package else "")
        for fact, release in index.names.get((fold(item.provider), fold(item.product)), ()):
            yield Match(fact, _how("name", said, release.version, item, release), release)
    if item.provider:
        for fact in index.companies.get(fold(item.provider), ()):
            yield Match(fact, "company_wide", None)


def _how(best: How, said: str, version: str, item: InventoryItem, release: ReleaseRef) -> How:
    if not said:
        return "no_version"
    if _version(said) != _version(version):
        return "other_version"
    theirs = {Digest.parse(file.digest) for file in release.digests}
    kinds = {one.algorithm for one in theirs} & {one.algorithm for one in item.digests}
    return "other_file" if kinds and not theirs & set(item.digests) else best


_RELATED: Mapping[How, str] = {
    "other_file": "same name and version, and none of its files is the one that runs",
    "other_version": "only other versions: ",
    "no_version": "the inventory does not say which version runs; there are results of ",
    "company_wide": "only about the provider as a whole",
}


def _answer(
    item: InventoryItem, package: Purl | None, matches: Sequence[Match], index: Index
) -> tuple[Answer, str]:
    if matches:
        how = matches[0].how
        if how in EXACT:
            return "matched", {"digest": "the same file", "purl": "the same package and version"}.get(
                how, "the same provider, product and version"
            )
        versions = dict.fromkeys(one.release.version for one in matches if one.how == how and one.release)
        named = ", ".join(shown(version or "no version", 40) for version in list(versions)[:MAX_NAMED])
        more = f" and {len(versions) - MAX_NAMED} more" if len(versions) > MAX_NAMED else ""
        return "related", _RELATED[how] + (named + more if _RELATED[how].endswith(" ") else "")
    if item.provider and item.product and (item.version or (package and package.version)):
        return "none", "no result names this provider, product and version" + _namesakes(item, index)
    if package is not None and (package.version or item.version):
        return _alone("package URL", index.silent.package)
    if item.digests:
        return _alone("digest", index.silent.digest)
    return _lacking(item, package, index)


MOST_SILENT = 1000
"""That are counted."""


def _alone(what: str, silent: int) -> tuple[Answer, str]:
    if silent:
        count = f"{silent}" if silent < MOST_SILENT else f"{MOST_SILENT:,} or more"
        return (
            "unknown",
            f"known by its {what} alone, and {count} results have none to compare: say provider and product",
        )
    return "none", f"no result has this {what}"


def _lacking(item: InventoryItem, package: Purl | None, index: Index) -> tuple[Answer, str]:
    if package is not None:
        return "unknown", "the package URL has no version, and the inventory says none"
    lacks = [name for name in ("provider", "product", "version") if not getattr(item, name)]
    reason = f"the inventory does not say its {' and '.join(lacks)}, and has no package URL or digest"
    return "unknown", reason + ("" if item.provider else _namesakes(item, index))


def _namesakes(item: InventoryItem, index: Index) -> str:
    others = list(index.providers.get(fold(item.product), {})) if item.product else []
    if not others:
        return ""
    named = ", ".join(shown(name, 60) for name in others[:MAX_NAMED])
    more = f" and {len(others) - MAX_NAMED} more" if len(others) > MAX_NAMED else ""
    return f"; there are results of a product of that name by {named}{more}"
