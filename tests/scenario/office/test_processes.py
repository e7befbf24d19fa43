"""Whole servers: one on a folder, several on PostgreSQL; killed, and gone on with."""

import time
from pathlib import Path

import msgspec
import pytest
from tests.support import services
from tests.support.office_processes import TOKEN, Process, introduce, serving

from assay.formats.bundle import write_tar
from assay.packs import shipped

STAGES = {"submitted", "incomplete", "complete", "under_response"}


def bundle(serial: int) -> bytes:
    """Complete or not does not matter here; it answers a pack that ships."""
    return write_tar(
        services.bundle(
            serial, lambda one: msgspec.structs.replace(one, packs=(shipped.refs()[0],), claims=())
        )
    )


def listed(one: Process) -> dict[str, str]:
    status, page = one.ask("GET", "/api/v1/submissions?limit=200", headers=TOKEN)
    assert status == 200, page
    return {item["id"]: item["stage"] for item in page["items"]}


def settled(one: Process, count: int) -> dict[str, str]:
    for _ in range(200):
        found = listed(one)
        if len(found) == count and "submitted" not in found.values():
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def test_one_process_killed_and_started_again(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        introduce(data=first.data)
        accepted = [first.submit(bundle(serial)) for serial in range(1, 4)]
        assert [status for status, _ in accepted] == [201] * 3, accepted
        first.kill()
        with serving(tmp_path) as second:
            found = settled(second, 3)
            assert set(found) == {document["submission"]["id"] for _, document in accepted}
            assert second.submit(bundle(1))[0] == 409
            assert (
                '"administrator"' not in second.output.read_text()
                or '"administrator"' in first.output.read_text()
            )


def test_several_processes_on_postgresql(tmp_path: Path, database: str) -> None:
    data = tmp_path / "data"
    with serving(tmp_path, database=database, data=data) as one:
        introduce(database=database)
        with serving(tmp_path, database=database, data=data) as other:
            ids = []
            for serial in range(1, 7):
                status, document = (one if serial % 2 else other).submit(bundle(serial))
                assert status == 201, document
                ids.append(document["submission"]["id"])
            assert set(settled(other, 6)) == set(ids)
            one.kill()
            status, document = other.submit(bundle(7))
            assert status == 201, document
            assert len(settled(other, 7)) == 7
            status, refused = other.submit(bundle(1))
            assert (status, refused["error"]) == (409, "Duplicate")


@pytest.mark.parametrize("setting", [("ASSAY_OFFICE_LISTEN", "nowhere"), ("ASSAY_OFFICE_NO_SUCH", "1")])
def test_settings_that_are_wrong(tmp_path: Path, setting: tuple[str, str]) -> None:
    with pytest.raises(RuntimeError, match="assay"):
        Process(tmp_path, settings=dict((setting,)))
