"""A provider's keys from their making to their end, as the provider and an office that trusts them see it."""

from pathlib import Path

import pytest
from tests.scenario.conftest import NOW, Assay, Ran

PROVIDER = "Lighthouse Works (fictional)"


class Places:
    """The provider's folder with its passphrase, and an office's."""

    def __init__(self, assay: Assay, folder: Path) -> None:
        self._assay, self.folder = assay, folder
        (folder / "secret").write_text("correct horse\n")
        self.provider = folder / "provider"
        self.office = folder / "office"
        self._now = NOW

    def ours(self, *arguments: str | Path) -> Ran:
        return self._run(self.provider, *arguments)

    def theirs(self, *arguments: str | Path) -> Ran:
        return self._run(self.office, *arguments)

    def later(self) -> None:
        self._now = "2026-11-02T12:00:00Z"

    def _run(self, home: Path, *arguments: str | Path) -> Ran:
        return self._assay(
            *arguments,
            now=self._now,
            ASSAY_HOME=str(home),
            ASSAY_PASSPHRASE_FILE=str(self.folder / "secret"),
        )


@pytest.fixture
def places(assay_here: Assay, tmp_path: Path) -> Places:
    """A signer that the office has added with authority."""
    made = Places(assay_here, tmp_path)
    assert made.ours("key", "new", "lighthouse", "--provider", PROVIDER).code == 0
    assert made.ours("key", "export", "lighthouse", "--output", "record.json").code == 0
    ran = made.theirs("trust", "add", "record.json", "--provider", PROVIDER, "--authority")
    assert ran.code == 0, ran.err
    return made


def verified(places: Places, name: str) -> Ran:
    return places.theirs("verify", name, "--trust", places.office / "trust.json")


def test_keys_are_made_rotated_and_revoked(places: Places, project: Path) -> None:
    def attested(name: str) -> str:
        assert places.ours("attest", project, "--key", "lighthouse", "-o", name).code == 0
        return name

    assert verified(places, attested("first")).code == 0

    places.later()
    rotated = places.ours("key", "rotate", "lighthouse", "--json").json()
    second = attested("second")
    stranger = verified(places, second)
    assert (stranger.code, "made by no key of the trust root" in stranger.out) == (2, True)
    assert "applied the signed key change" in places.theirs("trust", "add", rotated["document"]).out
    assert verified(places, second).code == 0

    revoked = places.ours("key", "revoke", "lighthouse", "--reason", "laptop stolen", "--json").json()
    assert places.theirs("trust", "add", revoked["document"]).code == 0
    refused = verified(places, second)
    assert (refused.code, "was revoked on 2026-11-02T12:00:00Z: laptop stolen" in refused.out) == (2, True)
    (record,) = [
        one
        for one in places.theirs("trust", "show", "--json").json()["root"]["signers"]
        if one["name"] == "lighthouse"
    ]
    assert [("valid_until" in key, "revoked" in key) for key in record["keys"]] == [(True, False)] * 2 + [
        (False, True)
    ] * 2
    listed = places.ours("key", "list").out
    assert listed.count("was revoked on") == 2


def test_what_was_recorded_outlives_its_keys(places: Places, project: Path) -> None:
    """The receipt says when; a signature that was good then is good, and one after the key's end is not."""
    for name in ("early", "late"):
        assert places.ours("attest", project, "--key", "lighthouse", "-o", name).code == 0
    ran = places.theirs("submit", "early", "--office", places.office, "--json")
    receipt = Path(ran.json()["receipt"]).with_name("submission-receipt.json")
    places.later()
    rotated = places.ours("key", "rotate", "lighthouse", "--json").json()
    assert places.theirs("trust", "add", rotated["document"]).code == 0

    pinned = ("--trust", places.office / "trust.json")
    alone = places.theirs("verify", "early", *pinned)
    assert (alone.code, "was valid only until 2026-11-02" in alone.out) == (2, True)
    together = places.theirs("verify", "early", receipt, *pinned)
    assert together.code == 0, together.out
    assert "as of 2026-11-01T12:00:00Z, when it was recorded; now" in together.out
    other = places.theirs("verify", "late", receipt, *pinned)
    assert (other.code, other.out.count("FAILS")) == (2, 2)


def test_a_change_that_nobody_trusted_signed_is_refused(places: Places) -> None:
    assert places.ours("key", "new", "stranger", "--provider", PROVIDER).code == 0
    document = places.ours("key", "rotate", "stranger", "--json").json()["document"]
    before = (places.office / "trust.json").read_bytes()
    ran = places.theirs("trust", "add", document)
    assert (ran.code, len(ran.err.strip().splitlines())) == (2, 1)
    assert (places.office / "trust.json").read_bytes() == before


def test_a_record_with_other_keys_under_a_known_name_is_refused(places: Places, tmp_path: Path) -> None:
    other = Places(places._assay, tmp_path)
    other.provider = tmp_path / "impostor"
    assert other.ours("key", "new", "lighthouse", "--provider", PROVIDER).code == 0
    assert other.ours("key", "export", "lighthouse", "--output", "impostor.json").code == 0
    ran = places.theirs("trust", "add", "impostor.json")
    assert (ran.code, "is known with other keys" in ran.err) == (2, True)


def test_keyfiles_are_encrypted_and_their_owner_s_alone(places: Places) -> None:
    (keyfile,) = (places.provider / "keys").glob("*.key.json")
    assert keyfile.stat().st_mode & 0o077 == 0
    assert places.provider.stat().st_mode & 0o077 == 0
    (places.folder / "secret").write_text("wrong horse\n")
    ran = places.ours("key", "rotate", "lighthouse")
    assert (ran.code, "the passphrase does not open the keyfile" in ran.err) == (2, True)


def test_a_systemd_credential_is_a_passphrase(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "assay-passphrase").write_text("correct horse\n")
    credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert assay_here("key", "new", "lighthouse", **credentials).code == 0
    assert assay_here("key", "rotate", "lighthouse", **credentials).code == 0
    assert assay_here("key", "rotate", "lighthouse").code == 3
