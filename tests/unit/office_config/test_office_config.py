"""Settings are read once: from a file, the environment and systemd; what is wrong is told in one line."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest

from assay.errors import AssayError, Malformed, TooLarge, Unavailable
from assay.office_config.model import OfficeConfig
from assay.office_config.read import MAX_BYTES, load, parse, read_secret
from assay.office_config.written import commented, settings, variable

PAGE = (Path(__file__).parents[3] / "docs/office-settings.md").read_text()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_page_holds_the_file_that_is_written() -> None:
    assert PAGE.split("```toml\n")[1].split("```")[0] == commented()


def test_the_page_names_every_table_and_key() -> None:
    missing = [key for table, key, _, _ in settings() if f"# {key} = " not in PAGE]
    tables = {table for table, *_ in settings()} - {"", "oidc"}
    assert (missing, [one for one in tables if f"\n[{one}]\n" not in PAGE]) == ([], [])
    assert len(tables) > 8


def test_the_commented_file_changes_nothing() -> None:
    assert parse(commented().encode()) == OfficeConfig()


def test_what_it_comments_out_are_the_defaults() -> None:
    lines = [line.removeprefix("# ") for line in commented().splitlines()]
    live = [line for line in lines if "…" not in line and line[:5] not in ("Setti", "One f", "[[oid")]
    found = "\n".join(line for line in live if not line.startswith(("audience", "client_id")))
    assert found.count(" = ") > 40
    assert parse(found.encode()) == OfficeConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nam = 'x'", "'nam' is no setting, did you mean 'name'?"),
        ("[limit]\nupload_bytes = 1024", "'limit' is no setting, did you mean 'limits'?"),
        ("[limits]\nupload_byte = 1024", "limits has no setting 'upload_byte', did you mean 'upload_bytes'?"),
        ("[[oidc]]\nissue = 'x'", "oidc has no setting 'issue', did you mean 'issuer'?"),
        ("[limits]\nupload_bytes = '1 GB'", "limits.upload_bytes: expected int, got str"),
        ("[limits]\nupload_bytes = 3", "limits.upload_bytes: expected int >= 1024"),
        ("limits = 3", "limits: expected object, got int"),
        ("[[limits]]\nopen_uploads = 3", "limits: expected object, got array"),
        ("oidc = [3]", "oidc[0]: expected object, got int"),
        ("name = ''", "name: expected str of length >= 1"),
        ("data = ''", "data: expected a path"),
        ("data = 3", "data: expected a path"),
        ("listen = '8080'", "listen is '8080', expected address:port"),
        ("listen = '127.0.0.1:65536'", "expected address:port"),
        ("url = 'office.example'", "url is 'office.example', expected https:// or http://"),
        ("url = 'http://office.example'", "expected https: passkeys and cookies need it outside this machine"),
        ("url = 'https://office.example/sub'", "expected scheme and host only"),
        ("url = 'https://a@office.example'", "expected scheme and host only"),
        ("url = 'https://'", "expected a host in it"),
        ("[observing]\nlog_level = 'loud'", "observing.log_level: invalid enum value 'loud', expected debug, info, "),
        ("[[oidc]]\nissuer = 'https://ci.example'\nkind = 'x'", "expected github, gitlab, staff"),
        ("[[oidc]]\nissuer = 'https://ci.example'", "oidc[0]: object missing required field kind"),
        ("[[oidc]]\nissuer = 'http://ci.example'\nkind = 'github'", "oidc.issuer is"),
        ("[[oidc]]\nissuer = 'https://a.example'\nkind = 'staff'", "oidc issuer for staff has no client_id"),
        ("[proxy]\ntrusted = ['10.0.0.1/8']", "proxy.trusted: 10.0.0.1/8 has host bits set"),
        ("[proxy]\ntrusted = '10.0.0.1'", "proxy.trusted: expected array, got str"),
        ("[stores]\nblobs = '/var/blobs'", "stores.blobs is '/var/blobs', expected s3://"),
        ("[stores]\naccess_key_id = 'x'", "expected stores.secret_key_file with it"),
        ("[database]\nurl = 'mysql://u@h/d'", "database.url is 'mysql://u@h/d', expected postgresql://"),
        ("[mail]\nurl = 'smtp://h.example'", "expected an address as mail.sender"),
        ("work = {", "office.toml: "),
        ("[security]\ncontacts = ['security@office.example']", "security: security.txt line 1: Contact is"),
        ("[security]\ncontacts = ['mailto:a@b.example']\npolicy = 'http://b.example/'", "must begin with https://"),
        ("[security]\ndays = 366", "security.days"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text.encode())
    assert str(caught.value).startswith("office.toml: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[database]\nurl = 'postgresql://assay:hunter2@db.example/assay'",
        "[database]\nurl = 'postgresql://db.example/assay?password=hunter2'",
        "[mail]\nsender = 'a@b.example'\nurl = 'smtps://u:hunter2@mail.example'",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Malformed, match="holds a password; put it into a file of its own") as caught:
        parse(text.encode())
    assert "hunter2" not in str(caught.value)


def test_two_issuers_of_one_name_are_refused() -> None:
    one = "[[oidc]]\nissuer = 'https://ci.example'\nkind = 'github'\n"
    assert len(parse(one.encode()).oidc) == 1
    with pytest.raises(Malformed, match="names an issuer twice"):
        parse((one * 2).encode())


def test_values_come_ready_for_use() -> None:
    config = parse(
        b"url = 'https://Office.example:8443/'\nlisten = '[::1]:80'\n[proxy]\ntrusted = ['10.0.0.1', 'fd00::/8']"
    )
    assert (config.origin, config.host) == ("https://office.example:8443", "office.example")
    assert config.address == ("::1", 80)
    assert config.proxy.networks == (ip_network("10.0.0.1/32"), ip_network("fd00::/8"))
    assert parse(b"url = 'http://[::1]:80'").host == "[::1]"


def test_paths_in_the_file_are_taken_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "office.toml"
    file.write_text(
        "data = '../data'\n[judging]\npolicy = '/p.json'\n[[oidc]]\nissuer = 'https://a.example'\n"
        "kind = 'github'\nclient_secret_file = 'secret'\n"
    )
    config = load(file, {})
    assert config.data.resolve() == tmp_path / "data"
    assert config.judging.policy == Path("/p.json")
    assert config.oidc[0].client_secret_file == tmp_path / "etc" / "secret"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(None, {}) == OfficeConfig()
    assert load(None, {"ASSAY_HOME": "/elsewhere"}).data == Path("/elsewhere")
    (tmp_path / "office.toml").write_text("threads = 3\n")
    assert load(None, {}).threads == 3
    (tmp_path / "other.toml").write_text("threads = 4\n")
    assert load(None, {"ASSAY_OFFICE_CONFIG": "other.toml"}).threads == 4
    with pytest.raises(Unavailable, match=r"gone\.toml"):
        load(None, {"ASSAY_OFFICE_CONFIG": "gone.toml"})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("ASSAY_OFFICE_THREADS", "7", "threads"),
        ("ASSAY_OFFICE_STORES_ENCRYPT", "false", "stores.encrypt"),
        ("ASSAY_OFFICE_LIMITS_UPLOAD_BYTES", "2048", "limits.upload_bytes"),
        ("ASSAY_OFFICE_PROXY_TRUSTED", "10.0.0.1, 10.0.0.2", "proxy.trusted"),
        ("ASSAY_OFFICE_DELIVERY_ALLOW_PORTS", "443, 8443", "delivery.allow_ports"),
        ("ASSAY_OFFICE_JUDGING_POLICY", "/p.json", "judging.policy"),
        ("ASSAY_OFFICE_DATABASE_URL", "postgresql://assay@/assay?host=/run/pg", "database.url"),
    ],
)
def test_the_environment_goes_before_the_file(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / "office.toml").write_text("threads = 3\n[limits]\nupload_bytes = 4096\nopen_uploads = 2\n")
    config = load(None, {name: text, "ASSAY_NOW": "unrelated"})
    value: object = config
    for part in expected.split("."):
        value = getattr(value, part)
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    assert shown.lower() == text
    assert config.limits.open_uploads == 2


def test_every_setting_has_one_variable() -> None:
    names = [variable(table, key) for table, key, _, _ in settings() if table != "oidc"]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"ASSAY_OFFICE_THREAD": "1"}, "ASSAY_OFFICE_THREAD is no setting, did you mean 'ASSAY_OFFICE_THREADS'?"),
        ({"ASSAY_OFFICE_THREADS": "many"}, "ASSAY_OFFICE_THREADS: expected int, got str"),
        ({"ASSAY_OFFICE_STORES_ENCRYPT": "maybe"}, "ASSAY_OFFICE_STORES_ENCRYPT: expected bool, got str"),
        ({"ASSAY_OFFICE_LISTEN": "x"}, "office.toml with ASSAY_OFFICE_LISTEN: listen is 'x'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_environment_is_told_by_its_name(
    variables: Mapping[str, str], said: str
) -> None:
    with pytest.raises(Malformed) as caught:
        load(None, variables)
    assert said in str(caught.value)


def test_a_variable_set_to_nothing_is_not_set() -> None:
    assert load(None, {"ASSAY_OFFICE_THREADS": ""}) == OfficeConfig()


def test_secrets_come_from_systemd_where_nothing_else_names_them(tmp_path: Path) -> None:
    (tmp_path / "assay-database-password").write_text("one\n")
    (tmp_path / "assay-stores-secret-key").write_text("two\n")
    (tmp_path / "assay-mail-password").write_text("three\n")
    variables = {"CREDENTIALS_DIRECTORY": str(tmp_path), "ASSAY_OFFICE_MAIL_PASSWORD_FILE": "/mine"}
    config = load(None, variables)
    assert config.database.password_file == tmp_path / "assay-database-password"
    assert config.stores.secret_key_file == tmp_path / "assay-stores-secret-key"
    assert config.mail.password_file == Path("/mine")
    assert read_secret(config.stores.secret_key_file) == "two"


@pytest.mark.parametrize(
    ("data", "error"), [(b"\n", Unavailable), (b"\xff", Malformed), (b"x" * 4097, TooLarge)]
)
def test_a_secret_that_is_none_is_refused(tmp_path: Path, data: bytes, error: type[AssayError]) -> None:
    (tmp_path / "secret").write_bytes(data)
    with pytest.raises(error, match="secret"):
        read_secret(tmp_path / "secret")


def test_is_bounded() -> None:
    with pytest.raises(TooLarge):
        parse(b"#" * (MAX_BYTES + 1))
