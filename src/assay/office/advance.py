"""Bring submissions to their end, one recorded step at a time.

Which step is due follows from the stored state alone, so a process killed anywhere goes on where the last one ended.
"""

from collections.abc import Callable, Mapping

from assay.office.office import Office
from assay.office.ports import Submission
from assay.office.publish import publish
from assay.office.validate import check_completeness, determine

Step = Callable[[Office, Submission], Submission]
Told = Callable[[Submission], None]

STEPS: Mapping[str, Step] = {
    "submitted": check_completeness,
    "complete": determine,
    "incomplete": determine,
    "determined": publish,
}


def advance(office: Office, submission: Submission, told: Told = lambda _: None) -> Submission:
    """All steps that are due; *told* hears of each state reached."""
    while submission.state in STEPS:
        submission = STEPS[submission.state](office, submission)
        told(submission)
    return submission


def resume(office: Office, told: Told = lambda _: None) -> int:
    """Advance whatever an earlier process left unfinished; how many there were."""
    pending = [item for state in STEPS for item in office.ledger.submissions(state)]
    for submission in pending:
        advance(office, submission, told)
    return len(pending)
