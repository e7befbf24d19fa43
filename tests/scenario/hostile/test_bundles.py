"""Bundles that are hostile as a whole, or well signed and still not to be accepted."""

import gzip
import io
import tarfile
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.scenario.hostile.conftest import refused
from tests.support.json_edit import Edit, edited, put, twice
from tests.support.offices import NOW, PAYLOAD_TYPE, PROVIDER_KEYS, attestation, bundle, trust

from assay.adapters import bundles
from assay.adapters.home import Home
from assay.formats.bundle import MAX_ENVELOPE, to_files
from assay.formats.dsse import Envelope
from assay.trust.change import revoke
from assay.trust.envelope import sign

MIB = 1024 * 1024
RELEASE = "/predicate/declarations/targets/components/0"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Home of an office that trusts the fictional provider and was never started."""
    home = Home(tmp_path / "office")
    home.prepare()
    home.save_trust(trust())
    return home.folder


def everywhere(assay: Assay, office: Path, path: str, *fragments: str) -> None:
    """Refused by whoever opens it, and nothing comes of it."""
    pinned = ("--trust", office / "trust.json")
    refused(assay("check", path, *pinned), *fragments)
    refused(assay("submit", path, "--office", office), *fragments)
    refused(assay("sign", path, "--key", "any"), *fragments)
    ran = assay("verify", path, *pinned)
    assert (ran.code, "FAILS" in ran.out) == (2, True), ran.out
    assert not (office / "results").exists()


@pytest.mark.parametrize(
    ("edit", "fragment"),
    [
        pytest.param(twice(RELEASE), "'release:lantern@2.1.0' stands at", id="two releases under one name"),
        pytest.param(put("/subject/0/digest", {"sha1": "00" * 20}), "expected sha256", id="unknown algorithm"),
        pytest.param(put("/subject/0/digest/sha256", "00" * 32), "has SHA-256", id="subject of other bytes"),
        pytest.param(put("/predicate/specVersion", "9.9"), "specVersion", id="version that nobody reads"),
        pytest.param(put("/predicateType", "https://example.com/other"), "predicateType", id="another predicate"),
        pytest.param(put("/predicate/components/0/name", "a\x1b[31m\nb"), "", id="escape sequence in a name"),
    ],
)  # fmt: skip
def test_a_good_signature_makes_no_good_attestation(
    assay: Assay, office: Path, tmp_path: Path, edit: Edit, fragment: str
) -> None:
    honest = bundle(serial=2)
    payload = edited(Envelope.parse(honest.envelope).payload, edit)
    signed = sign(PAYLOAD_TYPE, payload, PROVIDER_KEYS).encode()
    bundles.write(tmp_path / "bad", msgspec.structs.replace(honest, envelope=signed))
    refused(assay("check", "bad", "--trust", office / "trust.json"), fragment)
    refused(assay("submit", "bad", "--office", office), fragment)
    ran = assay("verify", "bad", "--trust", office / "trust.json")
    assert (ran.code, "FAILS" in ran.out) == (2, True), ran.out


def test_a_revoked_key_opens_no_door(assay: Assay, office: Path, tmp_path: Path) -> None:
    bundles.write(tmp_path / "bundle", bundle())
    root = trust()
    for key in PROVIDER_KEYS:
        root = revoke(root, key.public.keyid, NOW - timedelta(days=1), "stolen")
    Home(office).save_trust(root)
    refused(assay("submit", "bundle", "--office", office), "was revoked on 2026-10-31", "stolen")
    ran = assay("verify", "bundle", "--trust", office / "trust.json")
    assert (ran.code, "was revoked on 2026-10-31" in ran.out) == (2, True)


def test_bytes_that_unpack_to_far_too_many(assay: Assay, office: Path, tmp_path: Path) -> None:
    (tmp_path / "bomb.tar.gz").write_bytes(gzip.compress(gzip.compress(bytes(64 * MIB)) * 64))
    everywhere(assay, office, "bomb.tar.gz", "bomb.tar.gz")


def test_a_member_that_says_it_is_larger_than_any_may_be(assay: Assay, office: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo("attestation.dsse.json")
        member.size = 1 << 40
        archive.addfile(member)
    (tmp_path / "bad.tar").write_bytes(out.getvalue())
    everywhere(assay, office, "bad.tar", "attestation.dsse.json")


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        pytest.param("bad.tar", "is cut off, 16 bytes expected", id="tar"),
        pytest.param("bad.tar.gz", "cut off", id="tar.gz"),
    ],
)
def test_an_archive_that_is_cut_off(
    assay: Assay, office: Path, tmp_path: Path, name: str, fragment: str
) -> None:
    bundles.write(tmp_path / name, bundle())
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) - 1500])
    everywhere(assay, office, name, fragment)


def test_an_envelope_over_the_limit(assay: Assay, office: Path, tmp_path: Path) -> None:
    bundles.write(tmp_path / "bad", bundle())
    with (tmp_path / "bad" / "attestation.dsse.json").open("ab") as file:
        file.truncate(MAX_ENVELOPE + 1)
    everywhere(assay, office, "bad", "attestation.dsse.json", f"{MAX_ENVELOPE}")


@pytest.mark.parametrize("planted", ["attestation.dsse.json", "artifacts"])
def test_a_link_in_the_folder(assay: Assay, office: Path, tmp_path: Path, planted: str) -> None:
    bundles.write(tmp_path / "good", bundle())
    bundles.write(tmp_path / "bad", bundle())
    place = tmp_path / "bad" / planted
    place.rename(tmp_path / "aside")
    place.symlink_to(tmp_path / "good" / planted)
    everywhere(assay, office, "bad", planted, "is a symbolic link")


def test_two_attestations_of_one_release_are_both_kept(assay: Assay, office: Path, tmp_path: Path) -> None:
    """Another payload about the same product and version is another submission; neither replaces the other."""
    for serial in (1, 2):
        bundles.write(tmp_path / str(serial), bundle(serial=serial))
        assert assay("submit", str(serial), "--office", office, "--json").code in (0, 1, 3)
    results = sorted((office / "results").glob("*/result.dsse.json"))
    assert len(results) == 2
    assert assay("verify", *results, "--trust", office / "trust.json").out.count("holds") == 2


def test_missing_artifacts_are_named_and_nothing_is_claimed_of_them(
    assay: Assay, office: Path, tmp_path: Path
) -> None:
    files = to_files(bundle())
    policy = next(one for one in attestation().artifacts if one.name == "SECURITY.md")
    del files[f"artifacts/sha256/{policy.digest.value}"]
    for name, data in files.items():
        path = tmp_path / "bad" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    ran = assay("check", "bad", "--trust", office / "trust.json", "--json")
    said = ran.json()
    assert (ran.code, said["complete"]) == (1, False)
    assert [row for row in said["missing"] if row["rule"] == "C12" and "SECURITY.md" in row["reason"]]
    verdicts = {row["requirement"]: row["verdict"] for row in said["claims"]}
    assert verdicts["cisa-form@2024-03#4.c"] == "unknown"
