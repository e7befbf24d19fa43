"""An office whose files were lost, or put back from an older copy, signs nothing and makes nothing anew beside them."""

import shutil
from pathlib import Path

import pytest
from tests.faults.test_killed_offices import add

from assay.adapters.home import Home
from assay.bootstrap.office import DATABASE, embedded, rotate_register
from assay.errors import AssayError, Unavailable


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / ".assay")
    with embedded(made):
        pass
    return made


@pytest.mark.parametrize("lost", ["passphrase", "keys/trial-register.key.json", "office/origin"])
@pytest.mark.parametrize("published", [False, True])
def test_what_was_lost_is_not_made_anew(lost: str, published: bool, home: Home, tmp_path: Path) -> None:
    if published:
        with embedded(home) as office:
            office.register.publish()
    trusted = home.trust()
    path = home.trial_passphrase_file if lost == "passphrase" else home.folder / lost
    path.rename(tmp_path / "elsewhere")
    with (
        pytest.raises(Unavailable, match=rf"{path.name} is missing, though .* is there: bring it back"),
        embedded(home),
    ):
        pytest.fail("it opened")
    assert home.trust() == trusted
    assert not path.exists()
    (tmp_path / "elsewhere").rename(path)
    with embedded(home) as office:
        assert office.register.size() == 1


@pytest.mark.parametrize("later", [False, True])
def test_an_older_keyfile_is_not_gone_on_with(later: bool, home: Home, tmp_path: Path) -> None:
    """At the size of the change both keys have signed, so the tiles alone would let the old ones in again."""
    key = home.keys.folder / "trial-register.key.json"
    shutil.copy(key, tmp_path / "old")
    rotate_register(home)
    shutil.copy(key, tmp_path / "new")
    if later:
        with embedded(home) as office:
            add(office)
    shutil.copy(tmp_path / "old", key)
    with pytest.raises(Unavailable, match="bring back the newer keyfile"), embedded(home):
        pytest.fail("it opened")
    shutil.copy(tmp_path / "new", key)
    with embedded(home) as office:
        assert office.register.size() == 2 + later


def test_a_lost_database_begins_no_second_history(home: Home) -> None:
    with embedded(home) as office:
        office.register.publish()
    (home.office / DATABASE).unlink()
    with pytest.raises(AssayError, match="it is an older copy; nothing is signed"), embedded(home):
        pytest.fail("it opened")
