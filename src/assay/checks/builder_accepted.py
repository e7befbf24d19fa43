"""The release was built by a builder that the office's policy does not accept: a laptop, an unknown runner."""

from collections.abc import Iterator, Sequence

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit, Standing
from assay.evidence.provenance import Attested, attested, provenances
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import Provenance, Statement
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    accepted = case.facts.accepted_builders
    if not accepted:
        yield Finding.unknown(
            "the office's policy names no accepted builder", remedy="the office lists builders in its policy"
        )
        return
    named = [
        one
        for one in attested(case.release, provenances(case.of(Statement)), case.of(ReleaseFile))
        if one.statements
    ]
    if not named:
        yield Finding.unknown(
            "no provenance names an attested file, so nothing says who built the release",
            remedy="submit the provenance of the release files",
        )
    for one in named:
        yield _file(one, accepted, case.facts.signature.signer)


def _file(one: Attested, accepted: Sequence[str], provider: str) -> Finding:
    filename = shown(one.file.filename)
    verified = one.of(Standing.VERIFIED)
    good = [exhibit for exhibit in verified if accepts(accepted, _builder(exhibit))]
    independent = next((exhibit for exhibit in good if set(exhibit.signature.signers) != {provider}), None)
    if independent is not None:
        return Finding.supports(f"{filename} was built by {shown(_builder(independent), 160)}", independent)
    if good:
        return Finding.unknown(
            f"{filename} was built by {shown(_builder(good[0]), 160)}, says {shown(provider, 80)!r}, "
            "who signs the attestation too: that is the provider's own word",
            good[0],
            at="/predicate",
            remedy="let the builder sign the provenance with a key of its own",
        )
    if verified:
        return Finding.against(
            f"{filename} was built by {shown(_builder(verified[0]), 160)}, which is not among the accepted builders",
            *verified,
            at="/predicate",
            remedy="build on an accepted builder, or ask the office to accept this one",
        )
    exhibit = one.statements[0]
    return Finding.unknown(
        f"the provenance of {filename} names the builder {shown(_builder(exhibit), 160)}, but its signature is not verified "
        f"({exhibit.signature.standing.value.replace('_', ' ')})",
        exhibit,
        at="/predicate",
    )


def _builder(exhibit: Exhibit[Statement]) -> str:
    return exhibit.value.predicate.builder if isinstance(exhibit.value.predicate, Provenance) else ""


def accepts(accepted: Sequence[str], builder: str) -> bool:
    """Whether a policy names *builder*: whole, or by what comes before a final ``*`` after ``/`` or ``@``."""
    return any(
        builder == one
        or (one.endswith(("/*", "@*")) and len(builder) >= len(one) and builder.startswith(one[:-1]))
        for one in accepted
    )


CHECK = Check(
    id="builder-accepted",
    title="the release was built by a builder that the office accepts",
    severity=Severity.MEDIUM,
    basis=Basis.DERIVED,
    reads=(Statement,),
    also=(ReleaseFile,),
    proves="A provenance whose signature verifies names an accepted builder for each attested file that has provenance.",
    does_not_prove="That the signer may speak for that builder, or that the builder was run as its operator says.",
    examine=examine,
)
