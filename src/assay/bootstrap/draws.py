"""``assay draw verify``: a draw recomputed from its public documents, wherever they come from."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.bootstrap import beacons, watching
from assay.bootstrap.draw_files import Given, Keys, Proven, Published
from assay.bootstrap.verify import read_policy
from assay.errors import Malformed, Refused, Unavailable
from assay.formats.digest import Digest
from assay.office import draw_audit
from assay.office.draw_audit import Answer, Evidence, Step
from assay.office.office_policy import OfficePolicy
from assay.register import sighting
from assay.register.beacon import Chain, RoundValue
from assay.register.draw import DrawCommit, DrawResult
from assay.register.leaf import Kind
from assay.register.quorum import Quorum
from assay.register.sighting import Sightings


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    files: tuple[Path, ...] = ()
    register: str | None = None
    entry: int | None = None
    """Of the draw-commit, in *register*."""
    beacon: str | None = None
    chain: Path | None = None
    policy: Path | None = None
    """Of witnesses."""
    trust: Path | None = None
    vkeys: tuple[str, ...] = ()


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    commit: DrawCommit
    entry: int | None
    result: DrawResult | None
    steps: tuple[Step, ...]
    trust: str

    @property
    def answer(self) -> Answer:
        return draw_audit.answer(self.steps)


def verify_draw(asked: Asked) -> Audited:
    """Every step of one draw. Malformed and Refused for files that are not what they claim; Unavailable without a commit."""
    given = Given.read(asked.files)
    beside = asked.register or (str(asked.files[0]) if asked.files else ".")
    keys = Keys(watching.trusted(asked.trust, asked.vkeys, beside), given.histories)
    register = None if asked.register is None else Published(asked.register, keys)
    shown = [keys.receipt(one) for one in given.receipts]
    if register is not None and asked.entry is not None:
        shown.append(register.proven(asked.entry))
    commits, results = (_of(shown, kind) for kind in (Kind.DRAW_COMMIT, Kind.DRAW_RESULT))
    if len(commits) + len(results) != len(shown):
        raise Refused("a receipt is of an entry that is neither a draw-commit nor a draw-result")
    commit = _commit(given, commits, register)
    if register is not None and commits:
        commits = _with_kept(commits, commit, register)
    entry = commits[0].recorded if commits else None
    result = given.results[0] if given.results else _result(results, register)
    if register is not None and entry is not None and not results:
        found = register.result_of(entry.index)
        if found is not None:
            results, result = [found[0]], result or found[1]
    chain, known = (None, "") if commit.beacon is None else beacons.chain_of(commit.beacon.name, asked.chain)
    value, missing = _round(asked.beacon, commit, chain)
    origin = commit.frame.origin
    quorum = keys.trusted.quorums.get(origin) if asked.policy is None else read_policy(asked.policy)
    steps = draw_audit.audit(
        Evidence(
            commit=commit,
            entry=entry,
            frame=_frame(commit, given, keys, register),
            result=result,
            result_entry=results[0].recorded if results else None,
            sightings=Sightings() if quorum is None else _sightings(commits, given, keys, register, quorum),
            quorum=quorum,
            chain=chain,
            vouched=known,
            round=value,
            missing=missing,
            policy=_policy(given, commit, register),
        )
    )
    return Audited(
        commit=commit,
        entry=entry.index if entry else None,
        result=result,
        steps=steps,
        trust=keys.trusted.where,
    )


def _with_kept(commits: list[Proven], commit: DrawCommit, register: Published) -> list[Proven]:
    """And the receipt that the register keeps from before the round, where it is of the same entry."""
    kept = register.kept(commit.number)
    if kept is None or kept.recorded != commits[0].recorded:
        return commits
    return [*commits, kept]


def _of(shown: Sequence[Proven], kind: Kind) -> list[Proven]:
    """Those of one kind, which are all of one entry."""
    found = [one for one in shown if one.recorded.entry.kind is kind]
    if len({(one.recorded.entry.origin, one.recorded.index, one.recorded.leaf) for one in found}) > 1:
        raise Refused(f"there are receipts of two {kind} entries: one draw is verified at a time")
    return found


def _result(results: Sequence[Proven], register: Published | None) -> DrawResult | None:
    if not results or register is None:
        return None
    document = register.document(_digest(results[0]))
    return None if document is None else DrawResult.parse(document)


def _digest(one: Proven) -> Digest:
    return next(digest for digest in one.recorded.entry.digests if digest.algorithm == "sha256")


def _commit(given: Given, commits: Sequence[Proven], register: Published | None) -> DrawCommit:
    if len(given.commits) > 1 or len(given.results) > 1:
        raise Refused("there are documents of two draws: one draw is verified at a time")
    if given.commits:
        return given.commits[0]
    if not commits:
        raise Refused(
            "no draw-commit is given: its document, its receipt with --register, or --register with --entry"
        )
    document = None if register is None else register.document(_digest(commits[0]))
    if document is None:
        raise Unavailable(f"the document of the draw-commit, {_digest(commits[0])}, is not there")
    return DrawCommit.parse(document)


def _round(where: str | None, commit: DrawCommit, chain: Chain | None) -> tuple[RoundValue | None, str]:
    if commit.beacon is None:
        return None, ""
    if chain is None:
        return None, "the chain is not described here (--chain)"
    if where is None:
        return None, "no beacon was asked (--beacon)"
    try:
        return beacons.round_at(where, chain, commit.beacon.round), ""
    except (Malformed, Unavailable) as error:
        return None, str(error)


def _frame(commit: DrawCommit, given: Given, keys: Keys, register: Published | None) -> bytes | None:
    """The root at the frame's size: in the register, or under a checkpoint of that size that it signed."""
    frame = commit.frame
    if register is not None and register.checkpoint.origin == frame.origin:
        return register.root_at(frame.size)
    heads = [keys.open_(one).checkpoint for one in given.notes]
    return next((one.root for one in heads if (one.origin, one.size) == (frame.origin, frame.size)), None)


def _sightings(
    commits: Sequence[Proven], given: Given, keys: Keys, register: Published | None, quorum: Quorum
) -> Sightings:
    """From checkpoints that are proven to be of the history that the commit stands in, and from no other."""
    found = Sightings()
    if not commits:
        return found
    index = commits[0].recorded.index
    heads = {one.checkpoint.checkpoint for one in commits}
    signed_ones = [one.checkpoint for one in commits]
    for data in given.notes:
        signed = keys.open_(data)
        head = signed.checkpoint
        if head in heads or (register is not None and register.began_as(head)):
            signed_ones.append(signed)
    for one in signed_ones:
        found = found.add(one.checkpoint.size, index, sighting.cosigned(one.note, quorum))
    return found


def _policy(given: Given, commit: DrawCommit, register: Published | None) -> OfficePolicy | None:
    if given.policies:
        return given.policies[0]
    document = None if register is None else register.document(commit.policy)
    return None if document is None else OfficePolicy.parse(document)
