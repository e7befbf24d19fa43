"""A full attestation of a fictional provider, and the strategies that make others."""

from datetime import UTC, date, datetime
from typing import Any, get_args

from hypothesis import strategies as st

from assay.formats.attestation import (
    Artifact,
    ArtifactKind,
    Assessment,
    Attestation,
    Claim,
    Contact,
    Kind,
    Milestone,
    Provider,
    Release,
    ReleaseDigest,
    Scope,
    ScopeReason,
    Signatory,
)
from assay.formats.digest import Digest

WHEEL = Digest.sha256(b"the wheel of lantern 2.1.0")
SDIST = Digest.sha256(b"the sdist of lantern 2.1.0")
SBOM = Digest.sha256(b"a bill")
LETTER = Digest.sha256(b"a letter of delegation")
REPORT = Digest.sha256(b"a report of an assessor")

FULL = Attestation(
    serial="urn:uuid:00000000-0000-4000-8000-000000000001",
    made=datetime(2026, 10, 21, 9, 0, tzinfo=UTC),
    kind="revised",
    scope="individual_product",
    provider=Provider(
        "Lighthouse Works (fictional)", "1 Pier", "Harbour", "HB", "00001", "XX", "https://lighthouse.example/"
    ),
    contact=Contact("Security desk", "Duty officer", "2 Pier", "+00 1", "desk@lighthouse.example"),
    releases=(
        Release(
            name="lantern",
            version="2.1.0",
            released=date(2026, 10, 20),
            files=(ReleaseDigest("lantern-2.1.0-py3-none-any.whl", WHEEL), ReleaseDigest("lantern-2.1.0.tar.gz", SDIST)),
            purl="pkg:pypi/lantern@2.1.0",
            in_scope="released_after_cutoff",
            repository="git@git.example:lighthouse/lantern.git",
            commit="1f" * 20,
        ),
    ),
    packs=("cisa-form@2024-03", "nist-ssdf@1.1"),
    claims=(
        Claim("cisa-form@2024-03#1.a", True, (SBOM,), "Builds run on hosts of their own."),
        Claim("cisa-form@2024-03#4.c", False),
        Claim("nist-ssdf@1.1#PO.1.1", True),
    ),
    artifacts=(
        Artifact(
            SBOM,
            "sbom.cdx.json",
            "sbom",
            "Bill of materials",
            "What lantern is made of",
            "application/vnd.cyclonedx+json",
            datetime(2026, 10, 20, 8, 0, tzinfo=UTC),
            releases=("lantern@2.1.0",),
        ),
        Artifact(LETTER, "delegation.pdf", "document", "Delegation", media_type="application/pdf"),
        Artifact(REPORT, "report.pdf", "assessment", confidential=True),
    ),
    milestones=(
        Milestone("cisa-form@2024-03#4.c", "No programme yet", "Set one up", "Head of security", date(2027, 1, 31)),
        Milestone("nist-ssdf@1.1#RV.1.3", "Draft", "Publish", "Head of security"),
    ),
    signatory=Signatory("A. Keeper", "Chief executive", date(2026, 10, 21), "designee", LETTER),
    assessment=Assessment("Harbour Assessors (fictional)", "approved_in_writing", REPORT, LETTER),
    notify=True,
    binds_future_versions=True,
    replaces=Digest.sha256(b"the attestation before"),
    extension="Extension 7 of 2026",
    customers=Digest.sha256(b"a list"),
    customer_rows=3,
)  # fmt: skip

COMPANY_WIDE = Attestation(
    serial="urn:uuid:00000000-0000-4000-8000-000000000002",
    made=datetime(2026, 10, 21, 9, 0, tzinfo=UTC),
    kind="new",
    scope="company_wide",
    provider=Provider("Lighthouse Works (fictional)"),
    packs=("cisa-form@2024-03",),
    claims=(Claim("cisa-form@2024-03#1.a", True),),
    binds_future_versions=True,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
TOKEN = st.text("abcXYZ019._()+-", min_size=1, max_size=8)
MOMENT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
DIGEST = st.binary(max_size=4).map(Digest.sha256)
EMAIL = st.sampled_from(["", "desk@lighthouse.example", "a@b.example"])
SITE = st.sampled_from(["", "https://lighthouse.example/x?y=1", "lighthouse.example"])
MEDIA = st.sampled_from(["", "application/json", "text/plain"])
SERIAL = st.uuids().map(lambda value: f"urn:uuid:{value}")


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


RELEASES = st.lists(
    st.builds(
        Release,
        name=NAME,
        version=TEXT,
        released=_optional(st.dates()),
        purl=TEXT,
        in_scope=st.sampled_from((None, *get_args(ScopeReason))),
        excluded=TEXT,
        repository=TEXT,
        commit=TEXT,
    ),
    max_size=3,
    unique_by=lambda release: release.label,
)


@st.composite
def attestations(draw: st.DrawFn) -> Attestation:
    """Consistent attestations: what a provider could say."""
    files = draw(st.dictionaries(NAME, DIGEST, max_size=3))
    releases = draw(RELEASES)
    if releases and files:
        listed = tuple(ReleaseDigest(name, digest) for name, digest in files.items())
        releases[0] = Release(**{**_fields(releases[0]), "files": listed})
    packs = draw(st.lists(st.tuples(TOKEN, TOKEN).map("@".join), max_size=2, unique=True))
    digests = draw(st.lists(DIGEST, max_size=4, unique=True))
    labels = [release.label for release in releases]
    artifacts = tuple(
        draw(
            st.builds(
                Artifact,
                digest=st.just(digest),
                name=TEXT,
                kind=st.sampled_from(get_args(ArtifactKind)),
                title=TEXT,
                description=TEXT,
                media_type=MEDIA,
                created=_optional(MOMENT),
                confidential=st.booleans(),
                releases=st.lists(st.sampled_from(labels), max_size=2).map(tuple) if labels else st.just(()),
            )
        )
        for digest in digests
    )
    listed_digest = st.sampled_from(digests) if digests else st.nothing()
    maybe_digest = _optional(listed_digest) if digests else st.none()
    requirement = st.tuples(st.sampled_from(packs), TOKEN).map("#".join) if packs else st.nothing()
    claims = st.builds(
        Claim,
        requirement=requirement,
        claimed=st.booleans(),
        artifacts=st.lists(listed_digest, max_size=2).map(tuple) if digests else st.just(()),
        reasoning=TEXT,
    )
    milestones = st.builds(
        Milestone,
        requirement=requirement,
        weakness=TEXT,
        action=TEXT,
        owner=TEXT,
        due=_optional(st.dates()),
        approved_extension=TEXT,
    )
    return Attestation(
        serial=draw(SERIAL),
        made=draw(MOMENT),
        draft=draw(st.booleans()),
        kind=draw(st.sampled_from((None, *get_args(Kind)))),
        scope=draw(st.sampled_from((None, *get_args(Scope)))),
        provider=draw(st.builds(Provider, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, SITE)),
        contact=draw(st.builds(Contact, TEXT, TEXT, TEXT, TEXT, EMAIL)),
        releases=tuple(releases),
        packs=tuple(packs),
        claims=tuple(draw(st.lists(claims, max_size=3, unique_by=lambda c: c.requirement))) if packs else (),
        artifacts=artifacts,
        milestones=tuple(draw(st.lists(milestones, max_size=2))) if packs else (),
        signatory=draw(
            _optional(
                st.builds(
                    Signatory,
                    TEXT,
                    TEXT,
                    _optional(st.dates()),
                    st.sampled_from(("", "chief_executive", "designee")),
                    maybe_digest,
                )
            )
        ),
        assessment=draw(
            _optional(
                st.builds(
                    Assessment,
                    TEXT,
                    st.sampled_from(("", "fedramp_3pao", "approved_in_writing")),
                    maybe_digest,
                    maybe_digest,
                )
            )
        ),
        notify=draw(st.booleans()),
        binds_future_versions=draw(st.booleans()),
        replaces=draw(_optional(DIGEST)),
        extension=draw(TEXT),
        customers=draw(_optional(DIGEST)),
        customer_rows=draw(_optional(st.integers(0, 10**6))),
    )


def _fields(release: Release) -> dict[str, Any]:
    return {name: getattr(release, name) for name in release.__struct_fields__}
