"""What a falsehood is, and how it is told: at which step of a submission's making something is changed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from tests.scenario.honesty import office
from tests.scenario.honesty.workspace import Workspace

from assay.bootstrap.provide import Prepared
from assay.errors import AssayError
from assay.formats.attestation import Attestation
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import Bundle, from_files, to_files
from assay.validation.examine import Inputs

Attest = Callable[[Attestation, Workspace], Attestation]
Sign = Callable[[Prepared], Bundle]


class Falsehood(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of false attestation. The steps are in the order in which they happen; most falsehoods need one."""

    id: str
    lie: str
    """What the liar does."""

    source: Callable[[Workspace], None] | None = None
    """Sources or the wheel are changed, and all evidence is then made for them, honestly."""
    evidence: Callable[[Workspace], None] | None = None
    """Evidence is changed, or declarations in ``assay.toml``."""
    attestation: Attest | None = None
    """The attestation is changed before it is signed."""
    sign: Sign | None = None
    """It is signed otherwise."""
    files: Callable[[dict[str, bytes]], None] | None = None
    """Files of the bundle are changed after signing."""
    office: Callable[[Inputs], Inputs] | None = None
    """What the office knows is such that the attestation is false."""

    check: str = ""
    """The check that finds it; empty where a completeness rule or a reader alone does."""
    outcome: Literal["not_satisfied", "unknown"] = "not_satisfied"
    says: str = ""
    """Part of that check's message, or of the refusal."""
    hits: tuple[str, ...] = ()
    """Requirements that are not satisfied because of it."""
    unharmed: str = ""
    """Why none is, although a check tells; then every verdict is as for the honest."""
    verdict: Literal["not_satisfied", "unknown"] | None = None
    """Of those; the same as *outcome* unless said."""
    companions: frozenset[str] = frozenset()
    """Other checks that speak against it, because the same lie is seen from their side too."""
    missing: Mapping[str, str] = {}
    """Completeness rule -> part of its reason, for all that do not hold."""
    refused: type[AssayError] | None = None
    """Nothing is judged: the bundle is not in its form."""


def told(falsehood: Falsehood, honest: Workspace, prepared: Prepared, folder: Path) -> Inputs:
    """What the office gets to judge. *prepared* is what *honest* gives; *folder* is new."""
    if falsehood.source or falsehood.evidence:
        workspace = honest.copy(folder)
        if falsehood.source:
            falsehood.source(workspace)
            workspace.settle()
        if falsehood.evidence:
            falsehood.evidence(workspace)
        prepared = workspace.prepare()
    if falsehood.attestation:
        prepared = attesting(prepared, falsehood.attestation(prepared.attestation, honest))
    bundle = (falsehood.sign or office.signed)(prepared)
    if falsehood.files:
        files = to_files(bundle)
        falsehood.files(files)
        assert files != to_files(bundle), "the bundle is as it was"
        bundle = from_files(files)
    inputs = office.inputs(bundle)
    return falsehood.office(inputs) if falsehood.office else inputs


def attesting(prepared: Prepared, attestation: Attestation) -> Prepared:
    assert attestation != prepared.attestation, "the attestation is as it was"
    return msgspec.structs.replace(prepared, attestation=attestation, payload=encode_attestation(attestation))
