"""Another machine of an office on PostgreSQL: it needs the keys of the first, and says so."""

import shutil
from pathlib import Path

import pytest

from assay.bootstrap import service
from assay.crypto import keyfile
from assay.errors import Unavailable
from assay.office.office import Office
from assay.office_config.model import Database, OfficeConfig


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
