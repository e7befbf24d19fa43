"""A case: claim beside evidence, what happened, and what whoever looks may do about it."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import MultipartBody, RawBody
from litestar.response import Redirect

from assay.errors import Malformed, Refused
from assay.formats.bundle import read_tar
from assay.formats.case_documents import Determination, Judgement, parse
from assay.formats.digest import Digest
from assay.formats.verdict import Token
from assay.office import assessment
from assay.office.case import Case
from assay.office.determine import FAVOURABLE, Decision, decide_final, decide_initial, request_evidence
from assay.office.dossier import dossier, within
from assay.office.drawing import run_now
from assay.office.extend import ASKABLE, MAX_REASON, ask_for_time, decide_time
from assay.office.milestones import plan
from assay.office.permissions import Action, Caller, may, require_role
from assay.office.post import correct
from assay.office.referral import Referral, approve, proposed, refer, referrals, reject
from assay.office.respond import lapse, respond, supply, withdraw
from assay.office.service import Service, asked, submission_of
from assay.office.submitted import attestation_of
from assay.web import words
from assay.web.api.access import Asker
from assay.web.api.desk import Desk
from assay.web.api.params import Id, digest
from assay.web.api.submissions import FILES
from assay.web.app import pictures
from assay.web.app.assets import address
from assay.web.app.forms import NO_PROBLEMS, TOO_LONG, Form, Problems, brought, entered, with_files
from assay.web.app.graph import graph
from assay.web.app.shell import came, shown
from assay.web.app.ways import form, page
from assay.web.pages import titled
from assay.web.view import view

CASE = "/cases/{payload:str}"
TOKENS: tuple[Token, ...] = ("satisfied", "not_satisfied", "unknown")
ACTIONS = {
    "initial": Action.DETERMINATION_INITIAL, "final": Action.DETERMINATION_FINAL, "approve": Action.DETERMINATION_APPROVE,
    "correct": Action.RESULT_CORRECT, "ask": Action.EVIDENCE_REQUEST, "respond": Action.RESPONSE_WRITE,
    "refer": Action.CASE_REFER, "more_time": Action.RESPONSE_WRITE, "give_time": Action.EXTENSION_GRANT,
    "request_access": Action.ACCESS_REQUEST, "report": Action.RESPONSE_WRITE, "hold": Action.HOLD_WRITE, "erase": Action.RECORD_ERASE, "customers": Action.CUSTOMERS_READ, "attach": Action.ASSESSMENT_ATTACH, "supply": Action.ARTIFACT_PUT, "withdraw": Action.SUBMISSION_WITHDRAW, "lapse": Action.SUBMISSION_LAPSE,
}  # fmt: skip
FURTHER = frozenset({"ask", "erase", "hold", "lapse", "more_time", "refer", "request_access", "withdraw"})
"""What is offered folded, at the end."""
_FROM = {
    "initial": ("complete", "deep_validation", "answered", "published"),
    "final": ("deep_validation", "answered"),
    "correct": ("published",),
    "ask": ("deep_validation",),
    "refer": ("published",),
    "respond": ("under_response",),
}
"""Stages in which an action is offered; whether it is taken the use case says."""
Act = Callable[[Caller, Digest, Form], object]


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_reading(desk), *_officer(desk), *_provider(desk), *_files(desk)]


def offered(caller: Caller, case: Case) -> frozenset[str]:
    """What is offered to *caller* here and now."""
    able = {name for name, action in ACTIONS.items() if may(caller, action, case.target)}
    able = {name for name in able if case.stage in _FROM.get(name, (case.stage,))}
    if case.proposal is None:
        able -= {"approve"}
    else:
        able -= {"initial", "final", "correct", "refer"}
    if case.result in FAVOURABLE or case.result == "not_sampled":
        able -= {"refer"}
    if case.more_time is not None or case.deadline is None or case.stage not in ASKABLE:
        able -= {"more_time"}
    if case.more_time is None:
        able -= {"give_time"}
    if not case.requested or case.stage != "deep_validation":
        able -= {"supply"}
    if case.stage in ("withdrawn", "closed") or case.lapsed is not None:
        able -= {"lapse"}
    if case.stage in ("withdrawn", "closed") or case.replaced_by is not None:
        able -= {"report"}
    if case.stage not in assessment.FROM or case.erased:
        able -= {"attach"}
    if case.stage == "withdrawn":
        able -= {"withdraw"}
    if case.open or case.held:
        able -= {"erase"}
    return frozenset(able)


def _reading(desk: Desk) -> list[HTTPRouteHandler]:
    @page(CASE, Action.SUBMISSION_READ, "case")
    def show(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        return case_page(desk, came(request, desk), digest(payload))

    @page(CASE + "/graph", Action.SUBMISSION_READ, "case")
    def rests(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        who = came(request, desk)
        case = asked(desk.service, who.caller, Action.SUBMISSION_READ, digest(payload))
        inside = dossier(desk.service, case) if within(who.caller, case) else None
        if inside is None or inside.verdict is None:
            raise Refused("the newest verdict is shown to the provider and the office, once there is one")
        names = {str(one.digest): one.title or one.name for one in inside.attestation.artifacts}
        return shown(
            desk, who, "app/graph.html", v=inside.verdict, g=graph(inside.verdict, words.FINDINGS, names),
            back=f"/cases/{payload}", title=titled(inside.verdict),
        )  # fmt: skip

    return [show, rests]


def case_page(
    desk: Desk, who: Asker, payload: Digest, problems: Problems = NO_PROBLEMS, typed: Form | None = None
) -> Response[bytes]:
    """With *problems*: of a form of it that was handed in, which shows what was *typed*."""
    service = desk.service
    case = asked(service, who.caller, Action.SUBMISSION_READ, payload)
    inside = dossier(service, case) if within(who.caller, case) else None
    now, can = service.now(), offered(who.caller, case)
    before = _before(service, case) if inside is not None and "correct" in can else None
    return shown(
        desk, who, "app/case.html", status=422 if problems else 200, case=case, d=inside, can=can, more=can & FURTHER, now=now,
        tokens=TOKENS, course=pictures.course(inside.history, case, now) if inside is not None else None,
        proposed=proposed(service, who.caller, case) if may(who.caller, Action.CASE_READ, case.target) else None,
        referred=referrals(service, who.caller, case.payload) if may(who.caller, Action.CASE_READ, case.target) else (),
        refers=service.policy.referral, days_left=_days_left(desk, case), urgency=pictures.urgency(case, now),
        confirmed=who.caller.confirmed, four_eyes=service.policy.four_eyes, planned=() if case.erased else plan(service, case),
        tally=view(inside.verdict).tally if inside is not None and inside.verdict is not None else None,
        problems=problems, typed=typed.values if typed is not None else {}, script=address("uploads.js"),
        before=before, judged_before={one.requirement: one for one in before.judgements} if before is not None else {},
        unassessed=_unassessed(desk, case) if "attach" in can else (),
    )  # fmt: skip


def _before(service: Service, case: Case) -> Determination | None:
    """What is posted now: whoever corrects it begins with what was judged."""
    return None if case.final is None else parse(service.office.blobs.get(case.final), Determination)


def _unassessed(desk: Desk, case: Case) -> tuple[Digest, ...]:
    """Documents of a third-party assessment that its attestation names, and that have not come."""
    have = {*submission_of(desk.service, case).artifacts, *case.supplied}
    return tuple(sorted(assessment.documents(attestation_of(desk.service, case)) - have))


def _days_left(desk: Desk, case: Case) -> int:
    """That may still be added to its deadlines."""
    return desk.service.policy.extension_days - case.extended


def _officer(desk: Desk) -> list[HTTPRouteHandler]:
    def ask(caller: Caller, payload: Digest, form: Form) -> object:
        said = (one if ":" in one else f"sha256:{one}" for one in form.text("digests").split())
        digests = [Digest.parse(one, what="digest") for one in said]
        return request_evidence(
            desk.service, caller, payload, digests, form.text("text"), form.number("revision")
        )

    def initial(caller: Caller, payload: Digest, form: Form) -> object:
        return decide_initial(desk.service, caller, payload, decision(form))

    def final(caller: Caller, payload: Digest, form: Form) -> object:
        return decide_final(desk.service, caller, payload, decision(form))

    def approval(caller: Caller, payload: Digest, form: Form) -> object:
        return approve(desk.service, caller, payload, form.number("revision"))

    def rejection(caller: Caller, payload: Digest, form: Form) -> object:
        return reject(desk.service, caller, payload, form.number("revision"))

    def correction(caller: Caller, payload: Digest, form: Form) -> object:
        return correct(desk.service, caller, payload, decision(form), form.text("reason"))

    def hand_on(caller: Caller, payload: Digest, form: Form) -> object:
        wanted = Referral(
            to=form.text("to"), reason=form.text("reason"), restricted=bool(form.text("restricted")),
            revision=form.number("revision"),
        )  # fmt: skip
        done = refer(desk.service, caller, payload, wanted)
        desk.note(caller, Action.CASE_REFER, str(payload))
        return done

    def give_time(caller: Caller, payload: Digest, form: Form) -> object:
        days, revision = form.number("days"), form.number("revision")
        return decide_time(desk.service, caller, payload, days, form.text("text"), revision)

    @form("/draws", Action.DRAW_RUN, "office")
    def draw(request: Request[Any, Any, Any], body: RawBody) -> Redirect:
        run_now(desk.service, entered(request, desk, body).who.caller)
        return Redirect("/draws", status_code=303)

    return [
        draw,
        _decides(desk, "initial", Action.DETERMINATION_INITIAL, initial),
        _decides(desk, "final", Action.DETERMINATION_FINAL, final),
        _does(desk, "approval", Action.DETERMINATION_APPROVE, approval),
        _does(desk, "rejection", Action.DETERMINATION_APPROVE, rejection),
        _decides(desk, "correction", Action.RESULT_CORRECT, correction),
        _does(desk, "refer", Action.CASE_REFER, hand_on),
        _does(desk, "extension", Action.EXTENSION_GRANT, give_time),
        _does(desk, "request", Action.EVIDENCE_REQUEST, ask),
    ]


def _provider(desk: Desk) -> list[HTTPRouteHandler]:
    def withdrawal(caller: Caller, payload: Digest, form: Form) -> object:
        return withdraw(desk.service, caller, payload, form.text("reason"))

    def lapsed(caller: Caller, payload: Digest, form: Form) -> object:
        return lapse(desk.service, caller, payload, form.text("reason"), form.text("versions"))

    @form(CASE + "/more-time", Action.RESPONSE_WRITE, "case")
    def more_time(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        caller, case = given.who.caller, digest(payload)
        problems = _of_time(given, _days_left(desk, asked(desk.service, caller, Action.RESPONSE_WRITE, case)))
        if problems:
            return case_page(desk, given.who, case, problems, given)
        ask_for_time(desk.service, caller, case, given.number("days"), given.text("reason"))
        return Redirect(f"/cases/{payload}", status_code=303)

    return [
        more_time,
        _does(desk, "withdrawal", Action.SUBMISSION_WITHDRAW, withdrawal),
        _does(desk, "lapse", Action.SUBMISSION_LAPSE, lapsed),
    ]


def _of_time(given: Form, left: int) -> Problems:
    said: dict[str, str] = {}
    days, reason = given.text("days"), given.text("reason")
    if not days.isascii() or not days.isdecimal() or not 1 <= int(days[:9]) <= left:
        said["more-days"] = f"A number of days from 1 to {left} is expected."
    if not reason or len(reason) > MAX_REASON:
        said["more-reason"] = (
            TOO_LONG.format(most=MAX_REASON) if reason else "Say what you need the time for."
        )
    return said


def _does(desk: Desk, name: str, action: Action, act: Act) -> HTTPRouteHandler:
    """A form of a case that is handed in: done, and back to the case."""

    def handle(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        act(given.who.caller, digest(payload), given)
        return Redirect(f"/cases/{payload}", status_code=303)

    handle.__name__ = name
    return form(f"{CASE}/{name}", action, "case")(handle)


def _decides(desk: Desk, name: str, action: Action, act: Act) -> HTTPRouteHandler:
    """The same for a decision. What is left out is said beside it, and what was typed is there again."""

    def handle(request: Request[Any, Any, Any], payload: Id, body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        case = asked(desk.service, given.who.caller, action, digest(payload))
        if problems := _of_decision(given, case, name):
            return case_page(desk, given.who, case.payload, problems, given)
        act(given.who.caller, case.payload, given)
        return Redirect(f"/cases/{payload}", status_code=303)

    handle.__name__ = name
    return form(f"{CASE}/{name}", action, "case")(handle)


def _of_decision(given: Form, case: Case, name: str) -> Problems:
    said: dict[str, str] = {}
    for field, value in given.values.items():
        requirement = field.removeprefix("judge:")
        if field != requirement and value and not given.text(f"because:{requirement}"):
            said[f"because:{requirement}"] = f"{requirement}: say why you judge it so."
    if name == "final" and case.response is not None and not given.text("consideration"):
        said["consideration"] = "Say what the office makes of the provider's answer."
    if name == "correction" and not given.text("reason"):
        said["reason"] = "Say why the posted result is corrected."
    return said


def _files(desk: Desk) -> list[HTTPRouteHandler]:
    @page("/submit", Action.SUBMISSION_CREATE, "any")
    def submit(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        require_role(who.caller, Action.SUBMISSION_CREATE)
        names = desk.speaks_for(who.caller.organisation)
        return shown(
            desk,
            who,
            "app/submit.html",
            here="/overview",
            speaks_for=names,
            url=desk.url,
            script=address("uploads.js"),
        )

    @form("/submit", Action.SUBMISSION_CREATE, "any", opt=FILES)
    def submitted(request: Request[Any, Any, Any], data: MultipartBody[dict[str, Any]]) -> Redirect:
        given, files = with_files(request, desk, data, "bundle")
        caller = given.who.caller
        require_role(caller, Action.SUBMISSION_CREATE)
        if len(files) != 1:
            raise Malformed(f"{len(files)} files came, expected the bundle as one tar file")
        case = desk.submit(caller, read_tar(files[0], what="the bundle")).case
        return Redirect(f"/cases/{case.payload.value}", status_code=303)

    @form(CASE + "/response", Action.RESPONSE_WRITE, "case", opt=FILES)
    def response(
        request: Request[Any, Any, Any], payload: Id, data: MultipartBody[dict[str, Any]]
    ) -> Response[Any]:
        given, files = with_files(request, desk, data, "files")
        came_with = brought(desk, given, files)
        if not came_with and not given.text("text"):
            asked(desk.service, given.who.caller, Action.RESPONSE_WRITE, digest(payload))
            said = {"text": "Say something, or choose files."}
            return case_page(desk, given.who, digest(payload), said, given)
        respond(desk.service, given.who.caller, digest(payload), given.text("text"), came_with)
        return Redirect(f"/cases/{payload}", status_code=303)

    @form(CASE + "/evidence", Action.ARTIFACT_PUT, "case", opt=FILES)
    def evidence(
        request: Request[Any, Any, Any], payload: Id, data: MultipartBody[dict[str, Any]]
    ) -> Redirect:
        given, files = with_files(request, desk, data, "files")
        supply(desk.service, given.who.caller, digest(payload), brought(desk, given, files))
        return Redirect(f"/cases/{payload}", status_code=303)

    @form(CASE + "/assessment", Action.ASSESSMENT_ATTACH, "case", opt=FILES)
    def assessed(
        request: Request[Any, Any, Any], payload: Id, data: MultipartBody[dict[str, Any]]
    ) -> Redirect:
        given, files = with_files(request, desk, data, "files")
        assessment.attach(desk.service, given.who.caller, digest(payload), brought(desk, given, files))
        return Redirect(f"/cases/{payload}", status_code=303)

    return [submit, submitted, response, evidence, assessed]


def decision(form: Form) -> Decision:
    """Judgements are fields ``judge:REQUIREMENT`` with ``because:REQUIREMENT``; what is kept is none."""
    judgements = []
    for name, said in form.values.items():
        requirement = name.removeprefix("judge:")
        if name == requirement or not said:
            continue
        token = next((one for one in TOKENS if one == said), None)
        because = form.text(f"because:{requirement}")
        if token is None:
            raise Malformed(f"{requirement} is {said[:40]!r}, expected one of {', '.join(TOKENS)}")
        if not because:
            raise Malformed(f"{requirement}: say why it is {said!r}")
        judgements.append(Judgement(requirement, token, because))
    return Decision(
        judgements=tuple(judgements),
        reasons=tuple(line for line in form.text("reasons").splitlines() if line.strip()),
        consideration=form.text("consideration"),
        revision=form.number("revision"),
    )
