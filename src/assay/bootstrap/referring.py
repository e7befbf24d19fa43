"""``assay office refer``: a case is handed on from the office's own machine."""

from pathlib import Path

import msgspec

from assay.adapters.filesystem import write_whole
from assay.bootstrap.erasing import opened
from assay.errors import Refused
from assay.office.case import Case
from assay.office.erase import about
from assay.office.permissions import Action, Caller
from assay.office.referral import Referral, package_of, refer, referrals
from assay.office_config.model import OfficeConfig
from assay.web.api.desk import Desk


class Done(msgspec.Struct, frozen=True):
    case: Case
    number: int = 0
    """Of the referral; 0 where another officer has to approve it first."""
    package: str = ""
    """SHA-256 of the archive; empty as long as there is none."""
    size: int = 0
    written: Path | None = None


def refer_case(
    config: OfficeConfig, entry: int, to: str, reason: str, *, restricted: bool, output: Path | None
) -> Done:
    """Refer the submission that *entry* is about, and write its package to *output*."""
    with opened(config) as found:
        service = found.service
        caller, case = Caller.console(service.now()), about(service, entry)
        asked = Referral(to=to, reason=reason, restricted=restricted, revision=case.revision)
        after = refer(service, caller, case.payload, asked)
        found.note(caller, Action.CASE_REFER, str(case.payload))
        return Done(after) if after.proposal is not None else _written(found, caller, after, 0, output)


def handed_on(config: OfficeConfig, entry: int, number: int, output: Path) -> Done:
    """Write the package of referral *number* of that submission, 0 for the newest, again."""
    with opened(config) as found:
        caller = Caller.console(found.service.now())
        return _written(found, caller, about(found.service, entry), number, output)


def _written(found: Desk, caller: Caller, case: Case, number: int, output: Path | None) -> Done:
    made = referrals(found.service, caller, case.payload)
    if not made:
        raise Refused(f"case {case.payload.short} was not referred")
    number = number or made[-1].number
    data = package_of(found.service, caller, case.payload, number)
    if output is not None:
        write_whole(output, data)
        found.note(caller, "referral.read", str(case.payload))
    return Done(case, number, str(made[number - 1].package), len(data), output)
