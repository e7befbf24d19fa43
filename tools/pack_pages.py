"""Write docs/packs/<id>.md from the shipped packs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.packs import shipped
from assay.packs.model import Binding, Ground, Pack, Requirement

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "packs"
GRADES = {
    "machine": "a program can answer",
    "shared": "a program sees presence, age and coverage; a person judges the content",
    "person": "only a person can answer",
}
STATUS = {"in_force": "in force"}
COMBINE = {"all": "all of", "any": "any of"}


def page(pack: Pack) -> str:
    return "\n".join(_page(pack)) + "\n"


def path(pack: Pack) -> Path:
    return FOLDER / f"{pack.id}.md"


def _page(pack: Pack) -> Iterator[str]:
    source = pack.source
    claimed = (
        "every requirement is claimed or planned for"
        if pack.answers == "all"
        else "the provider chooses what to claim"
    )
    yield from (f"# {pack.ref}", "", f"{pack.title}.", "")
    yield f"* Source: {f'[{source.title}]({source.url})' if source.url else source.title}, {source.publisher}; {source.citation}"
    yield f"* Status: {STATUS.get(pack.status, pack.status)}"
    yield from (f"* {event.on}: {event.what}" for event in pack.dates)
    yield f"* Answers: {claimed}"
    yield from ("", "The wording below is ours and short; only the source says what is asked.")
    if pack.note:
        yield f"{pack.note}"
    yield "How checks combine is in [the format of a pack](format.md#how-answers-combine). This page is made by `tools/pack_pages.py`."
    titles = {group.id: group.title for group in pack.groups}
    parent = ""
    for requirement in pack.requirements:
        if requirement.parent in titles and requirement.parent != parent:
            parent = requirement.parent
            yield from ("", f"## {parent}: {titles[parent]}")
        elif requirement.parent not in titles and not requirement.parent:
            parent = ""
        yield from _requirement(requirement, "###" if requirement.parent else "##")


def _requirement(requirement: Requirement, level: str) -> Iterator[str]:
    yield from ("", f"{level} {requirement.id}: {requirement.title}", "", requirement.wording, "")
    answered = (
        ""
        if requirement.answered_by == "claim"
        else " Answered by the attestation's own fields, not by a claim."
    )
    yield f"* Grade: {GRADES[requirement.grade]}.{answered}"
    if requirement.evidence:
        yield f"* Evidence: {', '.join(requirement.evidence)}"
    for ground in requirement.grounds:
        yield f"* Needs: {ground.shows} ({_ground(ground)})"
    if requirement.refuting:
        yield f"* Refuted by: {_listed(requirement.refuting)}"
    if requirement.noting:
        yield f"* Noted: {_listed(requirement.noting)}"
    if requirement.person:
        yield f"* {'A person may look further' if requirement.grounds else 'Judged by a person'}: {requirement.person}"
    for relation in dict.fromkeys(walk.relation for walk in requirement.crosswalk):
        others = ", ".join(walk.to for walk in requirement.crosswalk if walk.relation == relation)
        yield f"* {relation.capitalize()}: {others}"
    if requirement.cites:
        yield f"* Cites: {', '.join(requirement.cites)}"


def _ground(ground: Ground) -> str:
    if len(ground.bindings) == 1:
        return _listed(ground.bindings)
    return f"{COMBINE.get(ground.combine, f'at least {ground.count} of')} {_listed(ground.bindings)}"


def _listed(bindings: tuple[Binding, ...]) -> str:
    return ", ".join(_binding(binding) for binding in bindings)


def _binding(binding: Binding) -> str:
    weak = "; supports only" if binding.role == "supports" else ""
    parameters = f": {_parameters(binding.parameters)}" if binding.parameters else ""
    return f"[{binding.check}](../checks/{binding.check}.md){parameters}{weak}"


def _parameters(parameters: Mapping[str, Any]) -> str:
    return "; ".join(f"`{name}` {_value(value)}" for name, value in parameters.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    for ref in shipped.refs():
        pack, _ = shipped.load(ref)
        path(pack).write_text(page(pack), encoding="utf-8")
        print(path(pack).name)
