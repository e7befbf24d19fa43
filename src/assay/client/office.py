"""An office over HTTP, as a provider's programs and the public use it."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO, Literal, TypeVar
from urllib.parse import urlencode

import msgspec

from assay import errors
from assay.adapters.http_client import Answer, HttpClient
from assay.client.uploading import upload
from assay.errors import AssayError, Faulty, Malformed, Unavailable
from assay.formats import b64, package, strict_json
from assay.formats import customers as customer_list
from assay.formats.bundle import Bundle, write_tar
from assay.formats.customers import CustomerList
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.text import shown
from assay.formats.verdict import VerdictDocument
from assay.formats.verdict import parse as parse_verdict
from assay.office.office_policy import OfficePolicy
from assay.register.receipt import Receipt
from assay.trust.root import TrustRoot
from assay.web.api.access_views import AccessView, ArtifactView, GrantView
from assay.web.api.milestone_views import MilestoneView
from assay.web.api.problems import Fault
from assay.web.api.referrals import ReferralView
from assay.web.api.rules import RulesView
from assay.web.api.story_views import GraphView, HappeningView
from assay.web.api.views import CaseView, DrawView, Listed, PublicCase

API = "/api/v1"
MAX_ANSWER = 64 << 20
PAGE = 200
MAX_ARTIFACT = 1 << 30
DIRECT = 32 << 20
"""Bytes of artifacts that a bundle has with it; larger ones are uploaded before."""
DrawFile = Literal[
    "commit.json", "result.json", "policy.json", "frame", "commit-receipt.json", "result-receipt.json"
]
T = TypeVar("T")


class Accepted(msgspec.Struct, frozen=True):
    """A submission that is recorded."""

    submission: CaseView
    receipt: msgspec.Raw

    def open(self) -> Receipt:
        """The receipt. Malformed when it is none; whether it verifies is the caller's question."""
        return Receipt.parse(bytes(self.receipt))


class _Problem(msgspec.Struct, frozen=True):
    """RFC 9457, with the kind of the error."""

    detail: str = ""
    error: str = ""
    faults: tuple[Fault, ...] = ()
    count: int = 0


class OfficeClient:
    """*url*: ``https://office.example``. *token*: an API token; without one only what is public can be asked.

    Every method raises what the office refused it for (:mod:`assay.errors`), Unavailable when no answer came, and Malformed when
    the answer is not in the form of the API. May be shared by threads.
    """

    def __init__(
        self, url: str, token: str = "", *, http: HttpClient | None = None, timeout_s: float = 60
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = http or HttpClient(timeout_s=timeout_s)

    def close(self) -> None:
        self._http.close()

    # What a provider does.

    def submit(self, bundle: Bundle) -> Accepted:
        """Hand in *bundle*. Artifacts that make it large are uploaded before, one by one."""
        return self._read(self._hand_in("/submissions", bundle), Accepted)

    def check(self, bundle: Bundle) -> VerdictDocument:
        """What the office would find about *bundle*: nothing is submitted, but large artifacts are uploaded."""
        return parse_verdict(self._hand_in("/checks", bundle).body)

    def _hand_in(self, path: str, bundle: Bundle) -> Answer:
        direct, large = _parted(bundle)
        for data in large:
            self.upload(BytesIO(data))
        return self._send(path, write_tar(direct), "application/x-tar")

    def upload(self, source: BinaryIO) -> Digest:
        """An artifact, by digest and in pieces; who begins again goes on where it was."""
        return upload(self._exchange, _good, source)

    def submissions(self, **query: str) -> Iterator[CaseView]:
        """Those that the caller may see, page after page; *query* as in the API: stage, waits, result, product, sort, order, ..."""
        return self._all("/submissions", Listed[CaseView], query)

    def submission(self, payload: Digest) -> CaseView:
        return self._get(f"/submissions/{payload.value}", CaseView)

    def verdict(self, payload: Digest) -> VerdictDocument:
        """The newest one."""
        return parse_verdict(self._bytes(f"/submissions/{payload.value}/verdict"))

    def timeline(self, payload: Digest) -> tuple[HappeningView, ...]:
        """What has happened to a submission, the oldest first."""
        return self._get(f"/submissions/{payload.value}/timeline", Listed[HappeningView]).items

    def graph(self, payload: Digest) -> GraphView:
        """What the newest verdict rests on: requirements, checks, findings, artifacts."""
        return self._get(f"/submissions/{payload.value}/graph", GraphView)

    def receipt(self, payload: Digest) -> Receipt:
        """For the submission's entry, under the newest checkpoint."""
        return Receipt.parse(self._bytes(f"/submissions/{payload.value}/receipt"))

    def respond(
        self, payload: Digest, text: str, files: Sequence[bytes] = (), uploaded: Sequence[Digest] = ()
    ) -> CaseView:
        """*uploaded*: files that were uploaded before."""
        return self._post(f"/submissions/{payload.value}/responses", _answer(text, files, uploaded))

    def supply(self, payload: Digest, files: Sequence[bytes], uploaded: Sequence[Digest] = ()) -> CaseView:
        """Evidence that was asked for."""
        return self._post(f"/submissions/{payload.value}/evidence", _answer("", files, uploaded))

    def ask_for_time(self, payload: Digest, days: int, reason: str) -> CaseView:
        """*days* more than the deadline that is running."""
        wish = {"days": days, "reason": reason}
        return self._post(f"/submissions/{payload.value}/extension-requests", wish)

    def assess(self, payload: Digest, files: Sequence[bytes], uploaded: Sequence[Digest] = ()) -> CaseView:
        """Documents of the third-party assessment that the attestation names."""
        return self._post(f"/submissions/{payload.value}/assessment", _files(files, uploaded))

    def milestones(self, payload: Digest) -> tuple[MilestoneView, ...]:
        """The plan of action and milestones of a submission."""
        return self._get(f"/submissions/{payload.value}/milestones", Listed[MilestoneView]).items

    def report_milestone(
        self, payload: Digest, number: int, text: str, uploaded: Sequence[Digest] = (), *, met: bool = False
    ) -> CaseView:
        """How far milestone *number* is; *uploaded*: files that were uploaded before."""
        document = {**_answer(text, (), uploaded), "met": met}
        return self._post(f"/submissions/{payload.value}/milestones/{number}/reports", document)

    def withdraw(self, payload: Digest, reason: str) -> CaseView:
        return self._post(f"/submissions/{payload.value}/withdrawal", {"reason": reason})

    def lapse(self, payload: Digest, reason: str, versions: str) -> CaseView:
        """*versions*: from which on the attestation no longer holds."""
        return self._post(f"/submissions/{payload.value}/lapse", {"reason": reason, "versions": versions})

    # What an officer asks; to refer takes a person in a session.

    def referrals(self, payload: Digest) -> Iterator[ReferralView]:
        return self._all(f"/submissions/{payload.value}/referrals", Listed[ReferralView], {})

    def referral_package(self, payload: Digest, number: int) -> bytes:
        """The archive; whether it holds is the caller's question (``assay verify``)."""
        path = f"{self.url}{API}/submissions/{payload.value}/referrals/{number}/package.tar"
        return _good(self._http.get(path, limit=package.LIMITS.total, headers=self._headers)).body

    def customers(self, payload: Digest, reason: str = "") -> CustomerList:
        """The newest list of a submission. *reason*: for the office's own people."""
        query = f"?{urlencode({'reason': reason})}" if reason else ""
        return customer_list.parse(self._bytes(f"/submissions/{payload.value}/customers{query}"))

    def replace_customers(self, payload: Digest, new: CustomerList) -> CaseView:
        """Whatever it was before."""
        url = f"{self.url}{API}/submissions/{payload.value}/customers"
        headers = {**self._headers, "Content-Type": "application/json"}
        answer = self._http.ask("PUT", url, customer_list.encode(new), limit=MAX_ANSWER, headers=headers)
        return self._read(_good(answer), CaseView)

    # Artifacts, who is let in to them, and who read them.

    def artifacts(self, payload: Digest) -> Iterator[ArtifactView]:
        """Of a submission."""
        return self._all(f"/submissions/{payload.value}/artifacts", Listed[ArtifactView], {})

    def artifact(self, payload: Digest, artifact: Digest, reason: str = "") -> bytes:
        """As it came; checked. *reason*: for the office's own people."""
        query = f"?{urlencode({'reason': reason})}" if reason else ""
        found = self._http.get(
            f"{self.url}{API}/submissions/{payload.value}/artifacts/{artifact.value}{query}",
            limit=MAX_ARTIFACT,
            headers=self._headers,
        )
        data = _good(found).body
        if Digest.sha256(data) != artifact:
            raise Malformed(f"the office sent other bytes than {artifact}")
        return data

    def ask_access(self, payload: Digest, reason: str, artifacts: Sequence[Digest] = ()) -> GrantView:
        """Ask the provider to let one's organisation read *artifacts* of a submission, or all of it."""
        wish = {"reason": reason, "artifacts": [str(one) for one in artifacts]}
        return self._done(f"/submissions/{payload.value}/access-requests", wish, GrantView)

    def grants(self) -> Iterator[GrantView]:
        """Who asked whom for what, and what became of it; the newest first."""
        return self._all("/access/grants", Listed[GrantView], {})

    def end_access(self, grant: str) -> None:
        _good(
            self._http.ask(
                "DELETE", f"{self.url}{API}/access/grants/{grant}", limit=MAX_ANSWER, headers=self._headers
            )
        )

    def access_log(self, payload: Digest | None = None) -> Iterator[AccessView]:
        """Who read what, the newest first."""
        return self._all(
            "/access/log", Listed[AccessView], {"case": payload.value if payload is not None else ""}
        )

    # What anybody may ask.

    def results(self, **query: str) -> Iterator[PublicCase]:
        """Published results; *query*: result, provider, product, version, sort, order."""
        return self._all("/results", Listed[PublicCase], query)

    def result(self, payload: Digest) -> Envelope:
        """The signed result; it is not verified here."""
        return Envelope.parse(self._bytes(f"/results/{payload.value}/result.dsse.json"), what="result")

    def result_receipt(self, payload: Digest) -> Receipt:
        return Receipt.parse(self._bytes(f"/results/{payload.value}/receipt.json"))

    def draws(self) -> Iterator[DrawView]:
        """The newest first."""
        return self._all("/draws", Listed[DrawView], {})

    def draw(self, number: int) -> DrawView:
        return self._get(f"/draws/{number}", DrawView)

    def draw_file(self, number: int, name: DrawFile) -> bytes:
        """Byte for byte; it is not verified here (``assay draw verify``)."""
        return self._bytes(f"/draws/{number}/{name}")

    def rules(self) -> RulesView:
        """By digest; :meth:`office_policy` and :meth:`pack` are the documents."""
        return self._get("/policy", RulesView)

    def office_policy(self) -> OfficePolicy:
        return OfficePolicy.parse(self._bytes("/policy/office.json"))

    def pack(self, ref: str) -> bytes:
        """Byte for byte. *ref*: ``id@edition``."""
        return self._bytes(f"/packs/{ref}")

    def trust(self) -> TrustRoot:
        """What the office says of itself: to be compared by another way before it is believed."""
        return TrustRoot.parse(self._bytes("/trust.json"))

    def _get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        given = {name: value for name, value in (query or {}).items() if value}
        return self._read(self._ask(path + (f"?{urlencode(given)}" if given else "")), kind)

    def _all(self, path: str, kind: type[Listed[T]], query: Mapping[str, str]) -> Iterator[T]:
        after = ""
        while True:
            page = self._get(path, kind, {**query, "limit": str(PAGE), "after": after})
            yield from page.items
            if not (after := page.next):
                return

    def _bytes(self, path: str) -> bytes:
        return self._ask(path).body

    def _post(self, path: str, document: object) -> CaseView:
        return self._done(path, document, CaseView)

    def _done(self, path: str, document: object, kind: type[T]) -> T:
        return self._read(self._send(path, msgspec.json.encode(document), "application/json"), kind)

    def _ask(self, path: str) -> Answer:
        return _good(self._http.get(self.url + API + path, limit=MAX_ANSWER, headers=self._headers))

    def _send(self, path: str, body: bytes, kind: str) -> Answer:
        return _good(
            self._http.post(
                self.url + API + path, body, limit=MAX_ANSWER, content_type=kind, headers=self._headers
            )
        )

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        return self._http.ask(
            method, self.url + path, body, limit=MAX_ANSWER, headers={**self._headers, **headers}
        )

    def _read(self, answer: Answer, kind: type[T]) -> T:
        return strict_json.decode(answer.body, kind, what="the office's answer", limit=MAX_ANSWER)


def _answer(text: str, files: Sequence[bytes], uploaded: Sequence[Digest]) -> dict[str, object]:
    return {"text": text, **_files(files, uploaded)}


def _files(files: Sequence[bytes], uploaded: Sequence[Digest]) -> dict[str, object]:
    return {"files": [b64.encode(one) for one in files], "artifacts": [str(one) for one in uploaded]}


def _parted(bundle: Bundle) -> tuple[Bundle, tuple[bytes, ...]]:
    """What goes in one request, the smallest artifacts first, and the artifacts that do not fit."""
    direct: dict[Digest, bytes] = {}
    large, left = [], DIRECT
    for digest, data in sorted(bundle.artifacts.items(), key=lambda one: (len(one[1]), one[0])):
        left -= len(data)
        if left >= 0:
            direct[digest] = data
        else:
            large.append(data)
    return msgspec.structs.replace(bundle, artifacts=direct), tuple(large)


def _good(answer: Answer) -> Answer:
    if answer.status < 300:
        return answer
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    told = shown(problem.detail, 2000) or f"the office answers with status {answer.status}"
    if problem.error == Faulty.__name__:
        raise Faulty(told, tuple((shown(one.at), shown(one.reason)) for one in problem.faults), problem.count)
    kind = getattr(errors, problem.error, None)
    if isinstance(kind, type) and issubclass(kind, AssayError):
        raise kind(told)
    if answer.status in (400, 413, 415, 422):
        raise Malformed(told)
    raise Unavailable(told)
