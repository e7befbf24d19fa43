"""Draws on schedule: commit to a frame before the beacon's round, draw by its value, and move every case of the frame (M5, D1)."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from assay.errors import Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.case import Case, moved
from assay.office.draw_documents import keep_frame
from assay.office.draw_facts import facts_of
from assay.office.log import entry
from assay.office.permissions import Action, Caller, Target, Visible, require
from assay.office.ports import CaseQuery, Drawing
from assay.office.sampling import LATE, Candidate, finish, plan
from assay.office.service import DRAW, Service, next_step
from assay.office.work import Due
from assay.register.beacon import RoundValue
from assay.register.checkpoint import open_
from assay.register.draw import DrawCommit, DrawResult
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.tlog.draw_watch import document_path

PAGE = 1000
EVERYTHING = Visible(everything=True)


class _Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int
    result: bool = False


def schedule(service: Service) -> None:
    """Put the first draw on the calendar; nothing where it is there, or where the policy draws nothing."""
    at = service.policy.sampling.due_after(service.now())
    if at is not None and not service.cases.draws(1):
        service.work.put((_due(_Job(1), at),))


def run_due(service: Service, due: Due) -> object:
    """The handler of work of kind ``draw``."""
    job = msgspec.json.decode(due.payload, type=_Job)
    return result(service, job.number) if job.result else commit(service, job.number)


def run_now(service: Service, caller: Caller) -> Drawing:
    """An officer runs the draw that is due and that no worker has run. Refused at any other time: draws keep to their schedule."""
    require(caller, Action.DRAW_RUN, Target.office())
    now, sampling = service.now(), service.policy.sampling
    due, newest = sampling.due_before(now), service.cases.draws(1)
    if due is None:
        raise Refused("this office's policy draws nothing")
    if now - due > LATE or (newest and newest[0].made >= due):
        raise Refused(f"no draw is due; the next one is on {sampling.due_after(now):%Y-%m-%d %H:%M} UTC")
    return commit(service, newest[0].number + 1 if newest else 1)


def commit(service: Service, number: int) -> Drawing:
    """Record the draw-commit of draw *number*, with the work of drawing and of the next one; what is recorded stays."""
    if found := service.cases.drawing(number):
        return found
    now = service.now()
    note = service.office.register.checkpoint()
    frame = open_(note, service.office.keys).checkpoint
    cases = [case for case in _waiting(service) if case.entry < frame.size]
    facts = facts_of(service, cases)
    candidates = [Candidate(case.entry, found) for case, found in zip(cases, facts, strict=True)]
    document = plan(service.policy, candidates, number, frame, service.beacon, now)
    round_ = document.beacon
    digest = service.office.blobs.put(document.encode())
    _show(service, document.encode(), service.policy.encode())
    keep_frame(service, number, note)
    at = now if round_ is None else max(now, round_.due)
    drawing = Drawing(
        number=number, commit=digest, made=now, at=at, label=document.label,
        beacon="" if round_ is None else round_.name, round=None if round_ is None else round_.round, frame=len(candidates),
    )  # fmt: skip
    dues = [_due(_Job(number, result=True), at)]
    if (following := service.policy.sampling.due_after(now)) is not None:
        dues.append(_due(_Job(number + 1), following))
    _record(service, Kind.DRAW_COMMIT, digest, drawing, now, dues=dues)
    return _drawing(service, number)


def result(service: Service, number: int) -> Drawing:
    """Draw *number*, once its round is out. Unavailable while it is not: the draw waits, and no other round may replace it."""
    drawing = _drawing(service, number)
    if drawing.result is not None:
        return drawing
    office, now = service.office, service.now()
    document = DrawCommit.parse(office.blobs.get(drawing.commit))
    value = None if document.beacon is None else _value(service, document.beacon.round)
    drawn = finish(document, drawing.entry, leaf_hash(office.register.leaf(drawing.entry)), value)
    digest = office.blobs.put(drawn.encode())
    _show(service, drawn.encode())
    cases = tuple(_after(case, number, drawn, now) for case in _frame(service, document))
    done = msgspec.structs.replace(drawing, result=digest, drawn=len(drawn.selected), value=drawn.value.hex())
    dues = [next_step(case, case.revision, now) for case in cases]
    _record(service, Kind.DRAW_RESULT, digest, done, now, dues=dues, cases=cases)
    return _drawing(service, number)


def _after(case: Case, number: int, drawn: DrawResult, now: datetime) -> Case:
    if case.entry in drawn.selected:
        because = f"drawn for deep validation by draw {number}"
        return moved(case, now, "deep_validation", draw=number, drawn=True, because=because)
    return moved(case, now, draw=number, waits="office")


def _record(
    service: Service,
    kind: Kind,
    document: Digest,
    drawing: Drawing,
    now: datetime,
    *,
    dues: Sequence[Due],
    cases: tuple[Case, ...] = (),
) -> None:
    made = entry(service.office, kind, document, {"actor": service.office.name}, now, None)
    service.office.register.append(
        msgspec.structs.replace(made, drawing=drawing, due=tuple(dues), cases=cases)
    )


def _show(service: Service, *documents: bytes) -> None:
    """Beside the tiles, before the entry that names them: a crash in between leaves a document that nothing names."""
    if service.public is not None:
        service.public.write_many((document_path(Digest.sha256(one)), one) for one in documents)


def _due(job: _Job, at: datetime) -> Due:
    name = f"{DRAW}:{job.number}{':result' if job.result else ''}"
    return Due(key=name, kind=DRAW, subject=name, at=at, payload=msgspec.json.encode(job))


def _drawing(service: Service, number: int) -> Drawing:
    found = service.cases.drawing(number)
    if found is None:
        raise Unavailable(f"draw {number} was not committed to")
    return found


def _waiting(service: Service) -> list[Case]:
    """Cases that are complete, that nothing speaks against, and that were in no draw."""
    found: list[Case] = []
    after = ""
    while True:
        query = CaseQuery(
            visible=EVERYTHING,
            stages=("complete",),
            sort="received",
            descending=False,
            after=after,
            limit=PAGE,
        )
        page = service.cases.find(query)
        found += [
            case for case in page.cases if case.draw is None and case.replaced_by is None and not case.noticed
        ]
        if not (after := page.after):
            return sorted(found, key=lambda case: case.entry)


def _frame(service: Service, document: DrawCommit) -> list[Case]:
    """The cases of the frame that still wait for it; who withdrew or revised meanwhile has left."""
    inside = {index for stratum in document.strata for index, _ in stratum.leaves}
    return [case for case in _waiting(service) if case.entry in inside]


def _value(service: Service, round_: int) -> RoundValue:
    if service.beacon is None:
        raise Unavailable("the draw was committed to with a beacon, and the office has none now")
    return service.beacon.value(round_)
