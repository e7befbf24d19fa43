"""The typed client and the commands on it, against an office on loopback."""

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import services
from tests.support.applications import at
from tests.support.desks import World
from tests.support.serving import served

from assay.adapters.http_client import Answer, HttpClient
from assay.cli.app import run
from assay.client import OfficeClient
from assay.errors import Duplicate, Faulty, Hidden, Malformed, Refused, Unauthenticated, Unavailable
from assay.formats.api_token import ApiTokenText
from assay.formats.bundle import write_tar
from assay.formats.digest import Digest
from assay.office.access import approve
from assay.office.identity.token import ApiToken
from assay.office.identity.words import digest
from assay.office.permission_table import Action, Role
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery
from assay.web.api import problems
from assay.web.api.app import LIMITS

CUSTOMER = ApiTokenText(id="customertokenaaa", secret="d" * 52)
TOKEN = ApiTokenText(id="clienttokenaaaaa", secret="c" * 52)


class Office:
    def __init__(self, url: str, world: World) -> None:
        self.url, self.world = url, world


@pytest.fixture
def office() -> Iterator[Office]:
    world = World()
    world.person(Role.PROVIDER_ADMIN, name="pia")
    now = world.service.now()
    scopes = frozenset(
        {
            Action.SUBMISSION_CREATE,
            Action.SUBMISSION_READ,
            Action.RESPONSE_WRITE,
            Action.SUBMISSION_WITHDRAW,
            Action.SUBMISSION_LAPSE,
            Action.ARTIFACT_PUT,
            Action.ARTIFACT_READ_RESTRICTED,
            Action.ACCESS_READ_LOG,
            Action.ACCESS_REQUEST,
            Action.CUSTOMERS_READ,
            Action.CUSTOMERS_WRITE,
        }
    )
    with world.identity.identities.change() as rows:
        for token, organisation, account in (
            (TOKEN, services.PROVIDER_ORG, f"pia-{services.PROVIDER_ORG}"),
            (CUSTOMER, services.CUSTOMER_ORG, ""),
        ):
            rows.add(
                ApiToken(
                    id=token.id,
                    name="test",
                    organisation=organisation,
                    account=account,
                    scopes=scopes,
                    hash=digest(token.secret),
                    made=now,
                    made_by="",
                    expires=now.replace(year=2030),
                )
            )
    with served(at(world.desk), LIMITS) as url:
        yield Office(url, world)


def test_the_whole_of_a_providers_side(office: Office) -> None:
    client = OfficeClient(office.url, TOKEN.encode())
    accepted = client.submit(services.bundle(1, services.contradicted))
    payload = Digest.of("sha256", accepted.submission.id)
    accepted.open().verify(office.world.service.office.keys)
    with pytest.raises(Duplicate, match="was submitted before"):
        client.submit(services.bundle(1, services.contradicted))
    with pytest.raises(Refused, match="no determination to answer"):
        client.respond(payload, "too early")
    office.world.tick()
    assert [one.stage for one in client.submissions()] == ["under_response"]
    assert client.verdict(payload).result == "contradicted"
    assert client.receipt(payload).index == 1
    assert client.respond(payload, "A sample.", [b"a file"]).stage == "answered"
    assert client.lapse(payload, "new builder", "3.0").lapsed is not None
    assert client.withdraw(payload, "we stop").stage == "withdrawn"
    assert list(client.results()) == []
    assert list(client.draws()) == []
    assert client.trust().signers
    client.close()


def test_large_artifacts_go_before(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.client.office.DIRECT", 100)
    monkeypatch.setattr("assay.client.uploading.PIECE", 300)
    client = OfficeClient(office.url, TOKEN.encode())
    accepted = client.submit(services.bundle(1))
    office.world.tick()
    assert client.submission(Digest.of("sha256", accepted.submission.id)).stage == "complete"
    client.close()


class Breaking(HttpClient):
    """Loses the connection at some requests: before they are done, or after."""

    def __init__(self, at: frozenset[int], *, after: bool) -> None:
        super().__init__()
        self.at, self.after, self.count = at, after, 0

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self.count += 1
        lost = self.count in self.at
        if lost and not self.after:
            raise Unavailable("lost")
        answer = super().ask(method, url, body, limit=limit, headers=headers)
        if lost:
            raise Unavailable("lost")
        return answer


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [{2}, {3}, {4}, {2, 4}])
def test_goes_on_where_it_was(
    office: Office, at: set[int], after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.client.uploading.PIECE", 10)
    http = Breaking(frozenset(at), after=after)
    client = OfficeClient(office.url, TOKEN.encode(), http=http)
    data = bytes(range(25))
    assert client.upload(BytesIO(data)) == Digest.sha256(data)
    assert office.world.desk.service.sealed.get(Digest.sha256(data)) == data
    client.close()


def test_what_is_lost_each_time_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.client.uploading.PIECE", 10)
    http = Breaking(frozenset({2, 4, 6, 8}), after=False)
    client = OfficeClient(office.url, TOKEN.encode(), http=http)
    with pytest.raises(Unavailable, match="stays at 0 of 25 bytes"):
        client.upload(BytesIO(bytes(25)))
    assert client.upload(BytesIO(bytes(25))) == Digest.sha256(bytes(25))
    client.close()


def test_artifacts_are_asked_for_granted_and_read(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = office.world.service
    case = services.submitted(service, 1)
    payload, where = case.payload.value, ["--office", office.url]
    artifact = Digest.sha256(services.POLICY)
    for name, token in (("provider", TOKEN), ("customer", CUSTOMER)):
        (tmp_path / name).write_text(token.encode())

    def as_(name: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("ASSAY_TOKEN_FILE", str(tmp_path / name))
        code = run(["access", *arguments, *where])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert as_("customer", "list", payload)[1].count("no") == 2
    file = str(tmp_path / "policy.md")
    assert as_("customer", "fetch", payload, artifact.value, "-o", file)[0] == 2
    wish = ("request", payload, "--reason", "we run it", "--artifact", str(artifact))
    assert "requested" in as_("customer", *wish)[1]
    (grant,) = office.world.desk.accesses.grants(Visible(everything=True), limit=9)
    approve(service, office.world.desk.accesses, services.provider(service), grant.id, 3)
    assert "granted" in as_("customer", "grants")[1]
    assert as_("customer", "fetch", payload, artifact.value, "-o", file)[0] == 0
    assert Path(file).read_bytes() == services.POLICY
    code, said = as_("provider", "log", "--case", payload)
    assert (code, "read" in said, "Harbour" in said) == (0, True, True)
    assert as_("customer", "end", grant.id)[0] == 0
    assert as_("customer", "fetch", payload, artifact.value, "-o", file)[0] == 2


def test_a_list_of_customers_is_fetched_and_replaced(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    payload, file = services.submitted(office.world.service, 1).payload.value, tmp_path / "customers.json"
    token = tmp_path / "token"
    token.write_text(TOKEN.encode())
    monkeypatch.setenv("ASSAY_TOKEN_FILE", str(token))
    where = ["--office", office.url, "--json"]
    assert run(["customers", "fetch", payload, "-o", str(file), *where]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0
    assert file.stat().st_mode & 0o777 == 0o600
    row = {"name": "Harbour", "salt": "0" * 64}
    file.write_text(json.dumps({"customers": [row]}))
    assert run(["customers", "replace", payload, str(file), *where]) == 0
    commitment = json.loads(capsys.readouterr().out)["commitment"]
    assert run(["customers", "fetch", payload, "-o", str(file), *where]) == 0
    assert json.loads(capsys.readouterr().out)["commitment"] == commitment


def test_more_time_and_milestones(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN.encode())
    monkeypatch.setenv("ASSAY_TOKEN_FILE", str(token))
    where = ["--office", office.url]
    contested = services.submitted(office.world.service, 1, services.contradicted).payload.value
    assert run(["submission", "extend", contested, "--days", "5", "--reason", "holidays", *where]) == 0
    assert "asks for 5 more days" in capsys.readouterr().out
    planned = services.submitted(office.world.service, 2, services.planned).payload.value
    assert run(["submission", "report", planned, "0", "--text", "Done.", "--met", *where]) == 0
    assert run(["submission", "milestones", planned, *where]) == 0
    assert "met" in capsys.readouterr().out
    assert run(["submission", "timeline", planned, *where]) == 0
    assert "evidence or a response came in" in capsys.readouterr().out
    assert run(["submission", "graph", contested, *where]) == 0
    assert "disclosure-policy-present" in capsys.readouterr().out


def test_what_goes_wrong(office: Office) -> None:
    with pytest.raises(Unauthenticated):
        list(OfficeClient(office.url, "assay_no").submissions())
    client = OfficeClient(office.url, TOKEN.encode())
    with pytest.raises(Hidden):
        client.submission(Digest.sha256(b"nothing"))
    with pytest.raises(Malformed, match="order"):
        list(client.submissions(order="up"))
    with pytest.raises(Unavailable):
        list(OfficeClient("http://127.0.0.1:9", timeout_s=2).results())


def test_faults_arrive_one_by_one() -> None:
    told = Faulty("it has 2 faults: line 3: no", (("line 3", "no"), ("line 9", "nor this")), 2)

    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        made = problems.of(told)
        body = msgspec.json.encode(made.content)
        await send({"type": "http.response.start", "status": made.status_code, "headers": []})
        await send({"type": "http.response.body", "body": body})

    with served(answer, LIMITS) as url, pytest.raises(Faulty) as caught:
        OfficeClient(url).trust()
    assert (str(caught.value), caught.value.faults, caught.value.count) == (str(told), told.faults, 2)


def test_commands(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN.encode() + "\n")
    monkeypatch.setenv("ASSAY_TOKEN_FILE", str(token))
    bundle = tmp_path / "bundle.tar"
    bundle.write_bytes(write_tar(services.bundle(1, services.contradicted)))
    where = ["--office", office.url]
    assert run(["submission", "check", str(bundle), *where, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["result"] is None
    assert office.world.service.office.register.size() == 1
    assert (
        run(["submission", "create", str(bundle), *where, "--receipt", str(tmp_path / "receipt.json")]) == 0
    )
    assert (tmp_path / "receipt.json").exists()
    office.world.tick()
    assert run(["submission", "list", *where]) == 0
    said = capsys.readouterr().out
    assert "under_response" in said
    (case,) = office.world.service.cases.find(CaseQuery(visible=Visible(everything=True))).cases
    payload = case.payload.value
    file = tmp_path / "file"
    file.write_bytes(b"of an answer")
    assert run(["submission", "upload", str(file), *where, "--json"]) == 0
    assert str(Digest.sha256(b"of an answer")) in capsys.readouterr().out
    assert run(["submission", "respond", payload, *where, "--text", "A sample.", "--file", str(file)]) == 0
    assert run(["submission", "supply", payload, str(file), *where]) == 2
    assert "no evidence is asked for" in capsys.readouterr().err
    assert run(["submission", "show", payload, *where, "--json"]) == 0
    assert '"answered"' in capsys.readouterr().out
    assert run(["submission", "show", payload[:12], *where]) == 0  # as `list` prints it
    assert payload in capsys.readouterr().out
    assert run(["submission", "show", "0" * 12, *where]) == 2
    assert "0 of the submissions that you may see begin so" in capsys.readouterr().err
    assert run(["submission", "create", str(bundle), *where]) == 2
    assert "was submitted before" in capsys.readouterr().err
    token.write_text("assay_no")
    assert run(["submission", "list", *where]) == 2
    assert f"does not take the token in {token}" in capsys.readouterr().err
    monkeypatch.delenv("ASSAY_TOKEN_FILE")
    assert run(["submission", "list", *where]) == 2
    assert "name the file with it in ASSAY_TOKEN_FILE" in capsys.readouterr().err
    assert run(["submission", "show", payload, "--office", "office.example"]) == 2
