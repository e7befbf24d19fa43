"""Another machine of an office on PostgreSQL: it needs the keys of the first, and says so."""

import shutil
from pathlib import Path

import pytest

from assay.adapters.home import Home
from assay.adapters.system import SystemEntropy
from assay.bootstrap import service
from assay.bootstrap.kept import leading
from assay.bootstrap.office import LOG_ALGORITHMS, NEXT, log_secrets
from assay.bootstrap.rotating import rotate_register
from assay.crypto import keyfile
from assay.errors import Unavailable
from assay.office.office import Office
from assay.office.rotate import rotate
from assay.office_config.model import Database, OfficeConfig
from assay.provider import signers
from assay.register import leaf
from assay.register.leaf import Kind


@pytest.fixture
def machines(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[OfficeConfig, OfficeConfig]:
    """The settings of one that founded an office, and of one that has nothing."""
    monkeypatch.setattr(keyfile, "COST", 14)
    first, second = (
        OfficeConfig(data=tmp_path / name, database=Database(url=database)) for name in ("first", "second")
    )
    started(first)
    return first, second


def started(config: OfficeConfig) -> Office:
    with service.desk(config) as desk:
        desk.service.office.register.publish()
        return desk.service.office


def copy(first: OfficeConfig, second: OfficeConfig, *names: str) -> None:
    for name in names:
        place = second.data / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (first.data / name).is_dir():
            shutil.copytree(first.data / name, place, dirs_exist_ok=True)
        else:
            shutil.copy(first.data / name, place)


def test_says_what_is_missing_and_makes_nothing(machines: tuple[OfficeConfig, OfficeConfig]) -> None:
    first, second = machines
    for _ in range(2):
        with pytest.raises(Unavailable) as told:
            started(second)
        said = str(told.value)
        assert (
            "lacks keys/register.key.json, keys/office.key.json, keys/office-storage.key.json, trust.json, office/origin:"
            in said
        )
        assert f"Copy keys/, trust.json and office/origin into {second.data}" in said
        for setting in ("`database.url`", "`data`", "ASSAY_PASSPHRASE_FILE"):
            assert setting in said
        assert not list((second.data / "keys").glob("*"))
    copy(first, second, "keys", "trust.json", "office/origin")
    copy(first, second, "office/register")  # one place for both, elsewhere
    assert started(second).origin == (first.data / "office/origin").read_text().strip()


@pytest.mark.parametrize(
    ("copied", "said"),
    [
        (("keys", "trust.json"), "these keys are another office's"),
        (("office/origin", "trust.json"), "lacks keys/register.key.json"),
        (("keys", "office/origin"), "lacks trust.json"),
    ],
    ids=str,
)
def test_says_which_is_missing_or_another_offices(
    machines: tuple[OfficeConfig, OfficeConfig], copied: tuple[str, ...], said: str
) -> None:
    first, second = machines
    copy(first, second, *copied)
    if "office/origin" not in copied:
        (second.data / "office").mkdir()
        (second.data / "office/origin").write_text("another.example/0011223344556677\n")
    with pytest.raises(Unavailable, match=said):
        started(second)


def test_keys_of_another_register_of_the_same_name(
    machines: tuple[OfficeConfig, OfficeConfig], tmp_path: Path
) -> None:
    first, second = machines
    other = OfficeConfig(data=tmp_path / "other")
    started(other)
    copy(other, second, "keys", "trust.json")
    copy(first, second, "office/origin")
    with pytest.raises(Unavailable, match="is signed by other keys"):
        started(second)


def test_keys_that_were_rotated_are_copied_again(machines: tuple[OfficeConfig, OfficeConfig]) -> None:
    first, second = machines
    shared = ("office/register",)  # as a bucket is
    copy(first, second, "keys", "trust.json", "office/origin", *shared)
    before = started(second)
    copy(second, first, *shared)
    changed = rotate_register(first)
    after = started(first)
    assert after.log.public(after.origin) != before.log.public(before.origin)
    assert leaf.parse(after.ledger.leaves(changed.entry, changed.entry + 1)[0]).kind is Kind.KEY_CHANGE
    copy(first, second, *shared)
    with pytest.raises(Unavailable):
        started(second)
    copy(first, second, "keys", "trust.json", *shared)
    assert started(second).log.public(after.origin) == after.log.public(after.origin)


def test_a_change_that_was_cut_short_is_finished_before_anything_else(
    machines: tuple[OfficeConfig, OfficeConfig],
) -> None:
    first, _ = machines
    home = Home(first.data)
    with service.desk(first) as desk:
        office, secret = desk.service.office, service.office_passphrase(home)
        following = service.LOG_KEY + NEXT
        new = signers.make(
            following, "log", SystemEntropy().bytes, office.clock.now(), algorithms=LOG_ALGORITHMS
        )
        home.keys.save(new, secret, SystemEntropy())
        keys = log_secrets(home, following, secret)
        rotate(office, leading(office.register), keys)
    with pytest.raises(Unavailable, match="is finished now: start again"):
        started(first)
    assert started(first).log.public("x") == keys.public("x")
