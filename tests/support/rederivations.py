"""A re-derivation of a fictional release."""

from datetime import UTC, datetime

from assay.formats.rederivation import Derived, Difference, Rederivation
from assay.formats.verdict import Engine, Input, Unchecked

SHA = "sha256:" + "ab" * 32
REDERIVATION = Rederivation(
    attestation=SHA,
    salt="cd" * 32,
    made=datetime(2026, 11, 1, 12, tzinfo=UTC),
    releases=(Derived(release="lantern@2.1.0", files=("a.whl",), components=2, complete=True, bill=SHA),),
    differences=(Difference(what="missing", outcome="not_satisfied", message="soot", about=SHA),),
    not_derived=(Unchecked("vulnerabilities", "no snapshot"),),
    inputs=(Input("trust", SHA, True),),
    engine=Engine("assay", "1", SHA, SHA),
)
