"""What a result page shows, worked out from a verdict. Pure: the templates only lay it out."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from assay.checks.catalogue import CHECKS
from assay.formats.digest import Digest
from assay.formats.verdict import ClaimVerdict, FindingRow, Token, VerdictDocument
from assay.packs import shipped
from assay.packs.model import Requirement
from assay.web.words import OUTCOMES

MAX_FINDINGS = 250
"""Findings shown of one check; ``verdict.json`` has all of them."""
MAX_LINES = 4
"""Messages of one check shown inside a requirement; the check's own section has the rest."""
OPEN_AT_FIRST = 5
"""Contradicted claims that need no click."""

_WEIGHT: Mapping[Token, int] = {"not_satisfied": 0, "unknown": 1, "satisfied": 2, "not_applicable": 3}
_CAN_SHOW = ("decides", "supports", "")


class Part(msgspec.Struct, frozen=True):
    """A share of the bar."""

    token: Token
    count: int
    start: int


class Tally(msgspec.Struct, frozen=True):
    claimed: tuple[Part, ...]
    unclaimed: tuple[Part, ...]

    @property
    def of_claimed(self) -> int:
        return sum(part.count for part in self.claimed)

    @property
    def of_unclaimed(self) -> int:
        return sum(part.count for part in self.unclaimed)


class Answer(msgspec.Struct, frozen=True):
    """What one check says about one requirement."""

    outcome: Token
    title: str
    anchor: str
    role: str
    lines: tuple[str, ...]
    more: int


class Row(msgspec.Struct, frozen=True):
    """A requirement."""

    verdict: ClaimVerdict
    id: str
    anchor: str
    wording: str
    answers: tuple[Answer, ...]
    open: bool


class PackRows(msgspec.Struct, frozen=True):
    ref: str
    title: str
    claimed: tuple[Row, ...]
    unclaimed: tuple[Row, ...]
    left: tuple[Row, ...]
    """Not claimed either, and only a person could judge them."""


class Block(msgspec.Struct, frozen=True):
    """What one check found, once, however many requirements ask for it."""

    check: str
    title: str
    anchor: str
    token: Token
    answered: bool
    """Whether it gave an answer to anything that was asked."""
    why: str
    findings: tuple[FindingRow, ...]
    more: int
    asked_by: tuple[tuple[str, str], ...]
    """Label and anchor of each requirement that asks."""


class Change(msgspec.Struct, frozen=True):
    """One change, and the requirements that it counts for."""

    do: str
    because: str
    turns: tuple[tuple[str, str], ...]


class View(msgspec.Struct, frozen=True, kw_only=True):
    tally: Tally
    reasons: tuple[tuple[str, str, str], ...]
    """Label and anchor of a requirement, where there is one, and the reason; without what completeness lacks."""
    packs: tuple[PackRows, ...]
    checked: tuple[Block, ...]
    unanswered: tuple[Block, ...]
    changes: tuple[Change, ...]
    """For what is claimed; in a draft, for everything."""
    further: tuple[Change, ...]
    """For what is not claimed."""
    persons: int
    """Requirements that only a person can judge."""
    unchecked: tuple[tuple[str, tuple[str, ...]], ...]
    """What else was not checked, with every reason."""


def view(verdict: VerdictDocument) -> View:
    anchors = _anchors(row.requirement for row in verdict.claims)
    labels = {ref: (_label(ref), anchor) for ref, anchor in anchors.items()}
    checks = _anchors(dict.fromkeys(f.check for row in verdict.claims for f in row.findings), "check-")
    blocks = _blocks(verdict, labels, checks)
    wanted = [row for row in verdict.claims if row.claimed or verdict.draft]
    others = [row for row in verdict.claims if not (row.claimed or verdict.draft)]
    lacking = {f"{item.rule}: {item.reason}" for item in verdict.missing}
    return View(
        tally=Tally(
            _parts(row for row in verdict.claims if row.claimed),
            _parts(row for row in verdict.claims if not row.claimed),
        ),
        reasons=tuple(_reason(line, labels) for line in verdict.reasons if line not in lacking),
        packs=tuple(_pack_rows(verdict, anchors, checks)),
        checked=tuple(block for block in blocks if block.answered),
        unanswered=tuple(block for block in blocks if not block.answered),
        changes=_changes(wanted, labels),
        further=_changes(others, labels),
        persons=sum(row.judged_by == "person" and row.verdict == "unknown" for row in verdict.claims),
        unchecked=_unchecked(verdict, {block.title for block in blocks}),
    )


def _label(requirement: str) -> str:
    pack, _, id_ = requirement.partition("#")
    return f"{pack.partition('@')[0]} {id_}"


def _anchors(names: Iterable[str], prefix: str = "") -> dict[str, str]:
    """A fragment for each name: letters, digits, dots and dashes, and no two the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = anchor = prefix + (re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-") or "row")
        count = 1
        while anchor in taken:
            count += 1
            anchor = f"{plain}--{count}"
        taken.add(anchor)
        found[name] = anchor
    return found


def _parts(rows: Iterable[ClaimVerdict]) -> tuple[Part, ...]:
    given = [row.verdict for row in rows]
    parts: list[Part] = []
    for token in OUTCOMES:
        if count := given.count(token):
            parts.append(Part(token, count, sum(part.count for part in parts)))
    return tuple(parts)


def _reason(line: str, labels: Mapping[str, tuple[str, str]]) -> tuple[str, str, str]:
    ref, separator, text = line.partition(": ")
    if separator and ref in labels:
        return (*labels[ref], text)
    return "", "", line


def _title(check: str) -> str:
    return CHECKS[check].title if check in CHECKS else check


def _blocks(
    verdict: VerdictDocument, labels: Mapping[str, tuple[str, str]], anchors: Mapping[str, str]
) -> tuple[Block, ...]:
    """One block for each check, with everything it found."""
    found: dict[str, dict[FindingRow, None]] = {}
    asked: dict[str, dict[tuple[str, str], None]] = {}
    for row in verdict.claims:
        for finding in row.findings:
            found.setdefault(finding.check, {})[msgspec.structs.replace(finding, role="")] = None
            asked.setdefault(finding.check, {})[labels[row.requirement]] = None
    blocks = []
    for check, unsorted in found.items():
        findings = sorted(unsorted, key=lambda finding: _WEIGHT[finding.outcome])
        worst = findings[0].outcome
        blocks.append(
            Block(
                check=check,
                title=_title(check),
                anchor=anchors[check],
                token=worst,
                answered=worst != "unknown" or check in verdict.checked,
                why=findings[0].message,
                findings=tuple(findings[:MAX_FINDINGS]),
                more=max(0, len(findings) - MAX_FINDINGS),
                asked_by=tuple(asked[check]),
            )
        )
    return tuple(sorted(blocks, key=lambda block: _WEIGHT[block.token]))


def _pack_rows(
    verdict: VerdictDocument, anchors: Mapping[str, str], checks: Mapping[str, str]
) -> Iterable[PackRows]:
    by_pack: dict[str, list[ClaimVerdict]] = {}
    for row in verdict.claims:
        by_pack.setdefault(row.requirement.partition("#")[0], []).append(row)
    opened = 0
    for ref, claims in by_pack.items():
        title, wordings = _wordings(ref, verdict)
        rows = []
        for claim in claims:
            shouts = claim.claimed and claim.verdict == "not_satisfied" and opened < OPEN_AT_FIRST
            opened += shouts
            id_ = claim.requirement.partition("#")[2]
            asked = wordings.get(id_)
            rows.append(
                Row(
                    verdict=claim,
                    id=id_,
                    anchor=anchors[claim.requirement],
                    wording=asked.wording if asked else "",
                    answers=tuple(_answers(claim, checks)),
                    open=shouts,
                )
            )
        yield PackRows(
            ref,
            title,
            tuple(row for row in rows if row.verdict.claimed),
            tuple(row for row in rows if not row.verdict.claimed and row.verdict.judged_by != "person"),
            tuple(row for row in rows if not row.verdict.claimed and row.verdict.judged_by == "person"),
        )


def _wordings(ref: str, verdict: VerdictDocument) -> tuple[str, Mapping[str, Requirement]]:
    """Title and wordings of a shipped pack, where it is byte for byte the one that the verdict names."""
    if ref not in shipped.refs():
        return ref, {}
    pack, content = shipped.load(ref)
    named = {item.digest for item in verdict.inputs if item.name == f"pack:{ref}"}
    if str(Digest.sha256(content)) not in named:
        return ref, {}
    return pack.title, {requirement.id: requirement for requirement in pack.requirements}


def _answers(row: ClaimVerdict, checks: Mapping[str, str]) -> Iterable[Answer]:
    found: dict[tuple[str, str], list[FindingRow]] = {}
    for finding in row.findings:
        found.setdefault((finding.check, finding.role), []).append(finding)
    answers = []
    for (check, role), findings in found.items():
        worst = min((finding.outcome for finding in findings), key=lambda token: _WEIGHT[token])
        telling = [finding.message for finding in findings if finding.outcome == worst != "satisfied"]
        answers.append(
            Answer(
                outcome=worst,
                title=_title(check),
                anchor=checks[check],
                role=role,
                lines=tuple(telling[:MAX_LINES]),
                more=max(0, len(telling) - MAX_LINES),
            )
        )
    return sorted(answers, key=_order)


def _order(answer: Answer) -> int:
    """What contradicts first; last what is unknown and could not have shown anything."""
    idle = answer.outcome == "unknown" and answer.role not in _CAN_SHOW
    return len(_WEIGHT) if idle else _WEIGHT[answer.outcome]


def _changes(rows: Sequence[ClaimVerdict], labels: Mapping[str, tuple[str, str]]) -> tuple[Change, ...]:
    """Each change once. First those that answer a contradiction, then those that count for most."""
    turns: dict[str, list[ClaimVerdict]] = {}
    for row in rows:
        for change in row.changes:
            turns.setdefault(change, []).append(row)
    ordered = sorted(
        turns.items(),
        key=lambda item: (all(row.verdict != "not_satisfied" for row in item[1]), -len(item[1])),
    )
    return tuple(
        Change(*_told(change, turned), tuple(labels[row.requirement] for row in turned))
        for change, turned in ordered
    )


def _told(change: str, rows: Sequence[ClaimVerdict]) -> tuple[str, str]:
    """What to do and why. A change is ``check: remedy``, or ``check: what was found`` where the finding has no remedy."""
    check, _, text = change.partition(": ")
    if check not in CHECKS:
        return change, ""
    found = {finding.message for row in rows for finding in row.findings if finding.check == check}
    if text in found:
        return f"show that {_title(check)}", text
    return text, f"so that {_title(check)}"


def _unchecked(verdict: VerdictDocument, titles: set[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    reasons: dict[str, list[str]] = {}
    for item in verdict.not_checked:
        if item.what not in titles:
            reasons.setdefault(item.what, []).append(item.reason)
    return tuple((what, tuple(dict.fromkeys(why))) for what, why in reasons.items())
