"""How an office proceeds: what the law leaves to an authority and no verdict depends on. See docs/formats/office-policy.md.

What verdicts depend on is :mod:`assay.validation.policy`, so a changed deadline leaves every verdict as it was.
"""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from assay.errors import Malformed
from assay.formats import strict_json, strict_toml
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.sampling_policy import Sampling
from assay.register.draw import MAX_TEXT

FORMAT: Literal["urn:assay:office-policy:1"] = "urn:assay:office-policy:1"
LIMIT = 1 << 20

Window = Annotated[int, Meta(ge=1, le=3650)]
"""Days that somebody has."""
Pause = Annotated[int, Meta(ge=0, le=3650)]
"""Days; 0 says never."""
Kept = Annotated[int, Meta(ge=0, le=36525)]
"""Days; 0 says for ever."""


class OfficePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day ends 24 hours after it began: deadlines are counted from the moment of the notice."""

    format: Literal["urn:assay:office-policy:1"] = FORMAT
    name: Annotated[str, Meta(max_length=MAX_TEXT)] = ""

    response_days: Window = 30
    """To answer an initial determination."""
    extension_days: Pause = 30
    """At most added to a provider's windows on request; 0: none."""
    incomplete_days: Window = 30
    """To complete what was found incomplete, before it is closed."""
    evidence_request_days: Window = 14
    """To hand in low-level evidence after a draw."""
    consider_days: Window = 30
    """In which the office means to decide once it has the answer; a queue shows what is over it."""
    reminder_days: tuple[Window, ...] = (7, 1)
    """Before a deadline, most first; a reminder that falls before the notice is left out."""

    insufficient_fails: bool = False
    """Whether insufficient evidence alone opens a determination against the provider."""
    four_eyes: bool = False
    """Whether a determination, or a referral, by one officer is confirmed by another before it counts."""
    post_incomplete: Literal["none", "status"] = "none"
    """What of the completeness check is posted: nothing, or that a submission is incomplete (never what is missing)."""
    referral: bool = True
    """Whether a final determination against the provider may be referred."""

    revalidate_days: Pause = 30
    """Longest time between two validations of a published attestation; 0: only when something changed."""
    sampling: Sampling = Sampling()

    grant_days: Window = 14
    """For which a relying party sees a restricted artifact that it was granted."""
    retention_days: Kept = 3653
    """From the end of a submission's life until its openings and documents are due for erasure."""
    closed_retention_days: Kept = 365
    """The same for what was never published: closed incomplete, withdrawn before a determination."""
    legal_hold: bool = False
    """Whether nothing at all is erased. Holds on single submissions are kept by the office, not published here."""

    def __post_init__(self) -> None:
        _check(self)

    def encode(self) -> bytes:
        """Canonical JSON: the same policy gives the same bytes, however its file was written."""
        return strict_json.encode(self)

    @property
    def digest(self) -> Digest:
        """What entries name it by."""
        return Digest.sha256(self.encode())

    @classmethod
    def parse(cls, data: bytes, *, what: str = "office policy") -> Self:
        """Read the JSON form."""
        return cls._of(strict_json.load(data, what=what, limit=LIMIT), what)

    @classmethod
    def parse_toml(cls, data: bytes, *, what: str = "office policy") -> Self:
        """Read the form that people write; ``format`` may be left out, as everything may."""
        return cls._of(strict_toml.load(data, what=what, limit=LIMIT), what)

    @classmethod
    def _of(cls, value: Any, what: str) -> Self:
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:  # ours from _check too
            raise Malformed(f"{what}: {shown(str(error), 400)}") from error


def _check(policy: OfficePolicy) -> None:
    days = policy.reminder_days
    if list(days) != sorted(set(days), reverse=True):
        raise ValueError(f"reminder_days are {list(days)}, expected each once, most first")
    if objection := policy.sampling.objection():
        raise ValueError(objection)
