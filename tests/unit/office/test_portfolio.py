"""An inventory against results: how each item was found, and never "none" where it could not be told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.digest import Digest
from assay.formats.inventory import InventoryItem
from assay.formats.verdict import File, ReleaseRef
from assay.office.found_by import SILENT_DIGEST, SILENT_PACKAGE, hashed, keys_behind, keys_of
from assay.office.portfolio import EXACT, Event, Fact, Index, Silent, Standing, changed, fold, stand, tally

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
WORKS = "Lighthouse Works (fictional)"
A, B, C = (Digest.sha256(name.encode()) for name in "abc")


def fact(entry: int, *releases: ReleaseRef, provider: str = WORKS, result: str = "validated") -> Fact:
    events = (Event(NOW, "recorded"), Event(NOW + timedelta(days=entry), "published", result))
    return Fact(
        payload=Digest.sha256(b"%d" % entry), provider=provider, releases=releases, result=result, entry=entry,
        events=events,
    )  # fmt: skip


def release(version: str, *files: Digest, purl: str = "", name: str = "lantern") -> ReleaseRef:
    return ReleaseRef(name, version, purl, tuple(File(f"{n}.whl", str(file)) for n, file in enumerate(files)))


OLD = fact(1, release("2.0.0", A, purl="pkg:pypi/lantern@2.0.0"))
NEW = fact(2, release("2.1.0", B, purl="pkg:pypi/lantern@2.1.0"), result="contradicted")
BARE = fact(3, release("1", name="oar"), provider="Guild")
WHOLE = fact(4, provider="Harbour")
ALL = Index([OLD, NEW, BARE, WHOLE])


def item(**said: object) -> InventoryItem:
    digests = said.pop("digests", ())
    return InventoryItem(at="line 2", digests=digests, **said)  # type: ignore[arg-type]


def look(said: dict[str, object], index: Index = ALL) -> Standing:
    (found,) = stand([item(**said)], index)
    return found


@pytest.mark.parametrize(
    ("said", "hows", "reason"),
    [
        pytest.param({"digests": (B,)}, [("digest", 2)], "the same file", id="digest"),
        pytest.param({"purl": "pkg:pypi/Lantern@2.1.0?arch=x"}, [("purl", 2), ("other_version", 1)], "the same package and version", id="purl"),
        pytest.param({"purl": "pkg:pypi/lantern", "version": "2.1.0"}, [("purl", 2), ("other_version", 1)], "the same package and version", id="version beside a purl"),
        pytest.param({"provider": " lighthouse  WORKS (fictional)", "product": "Lantern", "version": "V2.1.0"}, [("name", 2), ("other_version", 1)], "the same provider, product and version", id="names"),
        pytest.param({"provider": WORKS, "product": "lantern", "version": "2.1.0", "digests": (B,)}, [("digest", 2), ("other_version", 1)], "the same file", id="the strongest of several"),
        pytest.param({"provider": WORKS, "product": "lantern", "version": "2.1.0", "digests": (Digest("sha1", "ab" * 20),)}, [("name", 2), ("other_version", 1)], "the same provider, product and version", id="digests that cannot be compared"),
        pytest.param({"provider": "Guild", "product": "oar", "version": "1", "digests": (C,)}, [("name", 3)], "the same provider, product and version", id="a result without files"),
    ],
)  # fmt: skip
def test_matched(said: dict[str, object], hows: list[tuple[str, int]], reason: str) -> None:
    found = look(said)
    assert found.answer == "matched"
    assert [(one.how, one.fact.entry) for one in found.matches] == hows
    assert found.reason == reason


@pytest.mark.parametrize(
    ("said", "how", "reason"),
    [
        pytest.param({"provider": WORKS, "product": "lantern", "version": "3"}, "other_version", "only other versions: 2.1.0, 2.0.0", id="other version"),
        pytest.param({"purl": "pkg:pypi/lantern@3"}, "other_version", "only other versions: 2.1.0, 2.0.0", id="other version of the package"),
        pytest.param({"provider": WORKS, "product": "lantern", "version": "2.1.0", "digests": (C,)}, "other_file", "same name and version, and none of its files is the one that runs", id="other file"),
        pytest.param({"provider": WORKS, "product": "lantern"}, "no_version", "the inventory does not say which version runs; there are results of 2.1.0, 2.0.0", id="no version"),
        pytest.param({"provider": "harbour", "product": "anything", "version": "9"}, "company_wide", "only about the provider as a whole", id="company"),
    ],
)  # fmt: skip
def test_related_is_not_matched(said: dict[str, object], how: str, reason: str) -> None:
    found = look(said)
    assert (found.answer, found.matches[0].how, found.reason) == ("related", how, reason)


def test_none_where_the_item_is_named_in_full() -> None:
    found = look({"provider": "Guild", "product": "sail", "version": "1"})
    assert (found.answer, found.matches) == ("none", ())
    assert found.reason == "no result names this provider, product and version"
    namesake = look({"provider": "Lighthouse", "product": "lantern", "version": "2.1.0"})
    assert namesake.answer == "none"
    assert namesake.reason.endswith(f"; there are results of a product of that name by {WORKS}")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param({}, "the inventory does not say its provider and product and version, and has no package URL or digest", id="nothing"),
        pytest.param({"product": "lantern", "version": "2.1.0"}, f"by {WORKS}", id="a product's name is nobody's"),
        pytest.param({"provider": "Guild", "product": "sail"}, "does not say its version", id="no version"),
        pytest.param({"provider": "Guild", "version": "1"}, "does not say its product", id="no product"),
        pytest.param({"purl": "pkg:pypi/sail"}, "the package URL has no version", id="purl without version"),
        pytest.param({"purl": "pkg:pypi/sail@1"}, "known by its package URL alone, and 2 results have none to compare", id="purl alone"),
        pytest.param({"digests": (C,)}, "known by its digest alone, and 2 results have none to compare", id="digest alone"),
    ],
)  # fmt: skip
def test_unknown_and_never_none(said: dict[str, object], reason: str) -> None:
    found = look(said)
    assert (found.answer, found.matches) == ("unknown", ())
    assert reason in found.reason


def test_an_identifier_alone_is_enough_where_every_result_has_it() -> None:
    index = Index([OLD, NEW])
    assert look({"digests": (C,)}, index).answer == look({"purl": "pkg:pypi/sail@1"}, index).answer == "none"


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:npm/lantern@2.1.0",
        "pkg:pypi/lantern@2.1.0?repository_url=mirror.example",
        "pkg:pypi/lantern-core@2.1.0",
    ],
)
def test_another_package_is_another(purl: str) -> None:
    assert look({"purl": purl}, Index([NEW])).answer == "none"


def test_names_keep_their_punctuation() -> None:
    assert fold("C++") != fold("C#") != fold("C")
    assert fold("  Lantern\u00a0Core ") == fold("lantern core")


items = st.builds(
    item,
    provider=st.sampled_from(["", WORKS, "Guild", "Harbour", "Nobody"]),
    product=st.sampled_from(["", "lantern", "oar", "sail"]),
    version=st.sampled_from(["", "1", "2.0.0", "2.1.0"]),
    purl=st.sampled_from(["", "pkg:pypi/lantern", "pkg:pypi/lantern@2.1.0", "pkg:npm/sail@1"]),
    digests=st.sampled_from([(), (A,), (C,)]),
)


@given(items)
def test_the_answer_follows_from_the_matches(one: InventoryItem) -> None:
    (found,) = stand([one], ALL)
    exact = any(match.how in EXACT for match in found.matches)
    assert (found.answer == "matched") == exact
    assert (found.answer == "related") == (bool(found.matches) and not exact)
    assert found.reason
    if found.answer == "none":
        assert all((one.provider, one.product, one.version or "@" in one.purl))


@given(items, st.permutations([OLD, NEW, BARE, WHOLE]))
def test_the_order_of_results_does_not_matter(one: InventoryItem, facts: list[Fact]) -> None:
    assert list(stand([one], Index(facts))) == list(stand([one], ALL))


def keys_of_fact(fact: Fact) -> set[str]:
    releases = [
        Release(
            name=one.name, version=one.version, purl=one.purl,
            files=tuple(ReleaseDigest(file.filename, Digest.parse(file.digest)) for file in one.digests),
        )
        for one in fact.releases
    ]  # fmt: skip
    return set(keys_of(fact.provider, releases))


@given(st.lists(items, max_size=3))
def test_results_that_are_found_by_its_keys_are_enough(some: list[InventoryItem]) -> None:
    wanted = set(keys_behind(some))
    found = [one for one in (OLD, NEW, BARE, WHOLE) if wanted & keys_of_fact(one)]
    silent = Silent(
        sum(hashed(SILENT_DIGEST) in keys_of_fact(one) for one in (OLD, NEW, BARE, WHOLE)),
        sum(hashed(SILENT_PACKAGE) in keys_of_fact(one) for one in (OLD, NEW, BARE, WHOLE)),
    )
    assert silent == ALL.silent
    assert list(stand(some, Index(found, silent))) == list(stand(some, ALL))


@given(items)
def test_results_that_the_reader_may_not_see_are_not_there(one: InventoryItem) -> None:
    (found,) = stand([one], Index([]))
    assert (found.matches, found.answer in ("none", "unknown")) == ((), True)


def test_what_changed_since() -> None:
    standings = list(stand([item(purl="pkg:pypi/lantern@2.1.0"), item(product="x")], ALL))
    found = list(changed(standings, NOW + timedelta(days=1)))
    assert [(one.match.fact.entry, [event.says for event in one.events]) for one in found] == [
        (2, ["published"])
    ]
    assert [len(one.events) for one in changed(standings, NOW - timedelta(days=1))] == [2, 2]
    assert list(changed(standings, NOW + timedelta(days=9))) == []


def test_tally() -> None:
    standings = stand([item(digests=(B,)), item(digests=(B,)), item(digests=(A,)), item()], ALL)
    assert tally(standings) == {
        ("matched", "contradicted"): 2,
        ("matched", "validated"): 1,
        ("unknown", ""): 1,
    }
