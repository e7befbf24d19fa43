"""Bring submissions to their end, one recorded step at a time.

Which step is due follows from the stored state alone, so a process killed anywhere goes on where the last one ended.
"""

from collections.abc import Callable, Mapping

import msgspec

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


class Resumed(msgspec.Struct, frozen=True):
    finished: int
    stuck: tuple[str, ...]
    """Submissions that could not go on, each with the reason; they stay where they are and are tried again."""


def resume(office: Office, told: Told = lambda _: None) -> Resumed:
    """Advance whatever an earlier process left unfinished. One that cannot go on keeps no other waiting."""
    pending = [item for state in STEPS for item in office.ledger.submissions(state)]
    stuck = []
    for submission in pending:
        try:
            advance(office, submission, told)
        except Exception as error:  # noqa: BLE001 - the loop over all work; the cause is kept and told
            stuck.append(
                f"{submission.payload} is still {submission.state!r}: {error or type(error).__name__}"
            )
    return Resumed(len(pending) - len(stuck), tuple(stuck))
