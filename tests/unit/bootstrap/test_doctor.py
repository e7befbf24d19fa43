"""The doctor finds what is wrong, says what to do, and never calls well what it could not look at."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support.exploited import exploited
from tests.support.witnesses import policy

from assay.adapters.home import Home
from assay.adapters.sql import schema
from assay.bootstrap import doctor, now, restored, service, stores
from assay.bootstrap.doctor import CHECKS, examine, worst
from assay.bootstrap.restored import Restored
from assay.cli.app import run
from assay.crypto import keyfile
from assay.errors import Malformed
from assay.formats import times
from assay.office.health import Finding
from assay.office_config.model import Database, Judging, Mail, OfficeConfig, Proxy

GUIDE = (Path(__file__).parents[3] / "docs/guides/operator.md").read_text()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setattr(
        doctor, "SLOW_SYNC_S", 60
    )  # the disk of whoever runs the tests is not what they are about
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that was founded and has published its first entry."""
    folder = tmp_path_factory.mktemp("doctor") / "home"
    before, keyfile.COST = keyfile.COST, 14
    try:
        with service.desk(OfficeConfig(data=folder)) as desk:
            desk.service.office.register.publish()
    finally:
        keyfile.COST = before
    return folder


@pytest.fixture
def config(made: Path, tmp_path: Path) -> OfficeConfig:
    shutil.copytree(made, tmp_path / "home")
    return OfficeConfig(data=tmp_path / "home")


def found(config: OfficeConfig) -> dict[str, Finding]:
    findings = list(examine(lambda: config))
    assert [one.check for one in findings] == list(CHECKS)
    assert all(one.advice for one in findings if one.state in ("warn", "fail"))
    assert all("\n" not in one.said for one in findings)
    return {one.check: one for one in findings}


def test_a_slow_disk_is_told(config: OfficeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(config)["sync"].state == "ok"
    monkeypatch.setattr(doctor, "SLOW_SYNC_S", 0)
    slow = found(config)["sync"]
    assert (slow.state, "use a disk of its own" in slow.advice) == ("warn", True)


def test_of_an_office_that_is_well(config: OfficeConfig) -> None:
    findings = found(config)
    assert {check: one.state for check, one in findings.items() if one.state != "ok"} == {
        "snapshot": "warn", "exploited": "warn", "passphrase": "warn", "witnesses": "warn", "mail": "warn",
    }  # fmt: skip
    assert findings["register"].said == "1 entries, 1 published"
    assert findings["keys"].said == "office, register, office-storage open"


def test_of_no_office_little_is_known_and_nothing_is_made(tmp_path: Path) -> None:
    findings = found(OfficeConfig(data=tmp_path / "nothing"))
    assert worst(list(findings.values())) == "unknown"
    assert {"database", "register", "keys", "documents", "witnesses"} <= {
        check for check, one in findings.items() if one.state == "unknown"
    }
    assert not (tmp_path / "nothing").exists()


def test_of_broken_settings_nothing_else_is_looked_at() -> None:
    def load() -> OfficeConfig:
        raise Malformed("office.toml: 'nam' is no setting")

    findings = list(examine(load))
    assert [one.check for one in findings] == list(CHECKS)
    assert findings[0].state == "fail"
    assert {one.state for one in findings[1:]} == {"unknown"}


def _lose(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).unlink()


def _open(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).chmod(0o755)


def _statement(sql: str) -> Callable[[Path], None]:
    def act(home: Path) -> None:
        with closing(sqlite3.connect(home / "office/office.sqlite")) as database:
            database.execute(sql)
            database.commit()

    return act


def _passphrase(home: Path) -> None:
    (home / "keys/office.passphrase").write_text("another\n")


def _mark(home: Path) -> None:
    restored.mark(home / "office", Restored(origin="x", entries=1, made="2026-11-28T00:00:00Z"))


def _unpublished(home: Path) -> None:
    (home / "office/register/checkpoint").unlink()
    _statement("UPDATE head SET stamp = 1")(home)


def _damage(home: Path) -> None:
    path = home / "office/register/checkpoint"
    path.write_bytes(b"x" + path.read_bytes())


@pytest.mark.parametrize(
    ("break_", "check", "said"),
    [
        pytest.param(_lose("keys/register.key.json"), "keys", "keyfile 'register' is missing", id="keyfile"),
        pytest.param(_lose("keys/office-storage.key.json"), "keys", "'office-storage' is missing", id="storage key"),
        pytest.param(_passphrase, "keys", "the passphrase does not open the keyfile", id="wrong passphrase"),
        pytest.param(_mark, "restored", "was put back from a backup", id="restored"),
        pytest.param(_damage, "register", "the public files are damaged", id="checkpoint"),
        pytest.param(_unpublished, "register", "0 published; the others wait since", id="no checkpoint"),
        pytest.param(_statement("UPDATE alembic_version SET version_num = '9'"), "database", "of form 9, expected", id="newer"),
        pytest.param(lambda home: (home / "office/office.sqlite").write_bytes(b"no database" * 99), "database", "not a database", id="damaged"),
        pytest.param(_lose("trust.json"), "register", "does not know the keys of the register", id="trust"),
    ],
)  # fmt: skip
def test_finds_what_is_wrong(
    config: OfficeConfig, break_: Callable[[Path], object], check: str, said: str
) -> None:
    break_(config.data)
    one = found(config)[check]
    assert one.state in ("fail", "warn")
    assert said in one.said


def test_finds_what_others_may_read(config: OfficeConfig) -> None:
    config.data.chmod(0o755)
    (config.data / "keys/office.key.json").chmod(0o644)
    one = found(config)["files"]
    assert (one.state, "office.key.json has mode 0644" in one.said) == ("fail", True)
    config.data.chmod(0o700)
    assert found(config)["files"].state == "ok"


def test_finds_secrets_that_others_may_read(config: OfficeConfig, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    changed = msgspec.structs.replace(
        config,
        mail=Mail(url="smtps://u@mail.example", sender="a@b.example", password_file=tmp_path / "password"),
    )
    (tmp_path / "password").chmod(0o600)
    assert found(changed)["secrets"].state == "ok"
    assert found(changed)["mail"].state == "ok"
    (tmp_path / "password").chmod(0o640)
    assert found(changed)["secrets"].state == "fail"
    (tmp_path / "password").unlink()
    assert "cannot read" in found(changed)["secrets"].said


def test_a_passphrase_of_its_own_place_is_well(
    config: OfficeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "passphrase"
    (config.data / "keys/office.passphrase").rename(place)
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", str(place))
    assert found(config)["passphrase"].state == "ok"
    assert found(config)["documents"].state == "ok"
    place.chmod(0o644)
    assert found(config)["passphrase"].state == "fail"


def test_a_fixed_time_is_wrong(config: OfficeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_NOW", "2026-11-28T12:00:00Z")
    assert found(config)["clock"].state == "fail"


def test_policies_are_read(config: OfficeConfig, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("respond_days = 3\n")
    changed = msgspec.structs.replace(config, judging=Judging(office_policy=tmp_path / "policy.toml"))
    assert "respond_days" in found(changed)["policies"].said
    changed = msgspec.structs.replace(config, judging=Judging(packs=("nothing@1",)))
    assert "pack 'nothing@1' is not shipped" in found(changed)["policies"].said


def test_a_snapshot_grows_old(config: OfficeConfig, tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    changed = msgspec.structs.replace(config, judging=Judging(snapshot=path))
    for made, state, said in (
        (now(), "ok", "0 advisories, as of"),
        (now() - timedelta(days=31), "warn", "it is 31 days old"),
        (now() + timedelta(days=2), "warn", "it is dated after"),
        (None, "fail", "snapshot.json"),
    ):
        as_of = times.encode(made) if made else ""
        path.write_text(f'{{"format": "urn:assay:snapshot:1", "as_of": "{as_of}", "records": []}}')
        one = found(changed)["snapshot"]
        assert (one.state, said in one.said) == (state, True), one.said


def test_a_catalogue_grows_old(config: OfficeConfig, tmp_path: Path) -> None:
    path = tmp_path / "kev.json"
    changed = msgspec.structs.replace(config, judging=Judging(exploited=path))
    for released, state, said in (
        (now(), "ok", "2 vulnerabilities, as of"),
        (now() - timedelta(days=31), "warn", "31 days old"),
        (None, "fail", "kev.json"),
    ):
        text = exploited("CVE-2026-90001", "CVE-2026-90002", released=released) if released else b"{}"
        path.write_bytes(text)
        one = found(changed)["exploited"]
        assert (one.state, said in one.said) == (state, True), one.said


def test_a_witness_that_does_not_answer_is_told(config: OfficeConfig, tmp_path: Path) -> None:
    rules = tmp_path / "witnesses.policy"
    rules.write_bytes(policy("witness.example/w1", urls=("http://127.0.0.1:9/",)))
    one = found(msgspec.structs.replace(config, judging=Judging(witnesses=rules)))["witnesses"]
    assert (one.state, "w1" in one.said) == ("fail", True)
    rules.write_text("quorum nobody\n")
    assert (
        found(msgspec.structs.replace(config, judging=Judging(witnesses=rules)))["policies"].state == "fail"
    )


def test_a_proxy_is_wanted_where_tls_ends_elsewhere(config: OfficeConfig) -> None:
    changed = msgspec.structs.replace(config, url="https://office.example")
    assert found(changed)["proxy"].state == "warn"
    assert found(msgspec.structs.replace(changed, proxy=Proxy(trusted=("10.0.0.1",))))["proxy"].state == "ok"


def test_a_server_is_looked_at(config: OfficeConfig, database: str) -> None:
    changed = msgspec.structs.replace(config, database=Database(url=database))
    assert found(changed)["database"].state == "unknown"
    engine = stores.engine(changed, Home(changed.data))
    schema.ready(engine)
    engine.dispose()
    findings = found(changed)
    assert (findings["database"].state, findings["clock"].state) == ("ok", "ok")
    assert (findings["role"].state, "superuser" in findings["role"].said) == ("warn", True)
    assert findings["register"].state == "fail"  # the public files are of another office
    gone = msgspec.structs.replace(config, database=Database(url="postgresql://assay@127.0.0.1:9/assay"))
    one = found(gone)["database"]
    assert (one.state, "the office's database" in one.said) == ("fail", True)


def test_by_command(config: OfficeConfig, capfd: pytest.CaptureFixture[str]) -> None:
    office = ["--office", str(config.data)]
    assert run(["doctor", *office]) == 0
    said = capfd.readouterr().out
    assert "WARN  passphrase" in said
    assert "→ move it out of the data folder" in said
    assert run(["doctor", "--json", *office]) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["state"], len(document["checks"])) == ("warn", len(CHECKS))
    _mark(config.data)
    assert run(["doctor", "--json", *office]) == 1
    assert run(["doctor", "--json", "--office", "nothing"]) == 3


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_documented(check: str) -> None:
    assert f"| `{check}` |" in GUIDE
