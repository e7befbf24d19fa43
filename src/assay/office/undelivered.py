"""What could not be told: mails and webhooks that were given up, for whoever minds deliveries to send again or to let go."""

from datetime import timedelta

from assay.office.deliver import DELIVER
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.sending import MAIL
from assay.office.service import NOTIFY
from assay.office.tell_access import MAIL_ACCESS, TELL_ACCESS
from assay.office.work import Dead, Work

KINDS = (DELIVER, MAIL, NOTIFY, MAIL_ACCESS, TELL_ACCESS)
DAY = timedelta(days=1)


def given_up(work: Work, caller: Caller, limit: int) -> tuple[Dead, ...]:
    """The newest first."""
    require(caller, Action.DELIVERY_MANAGE, Target.office())
    return work.dead_letters(KINDS, limit)


def send_again(work: Work, caller: Caller, key: str) -> None:
    """Hidden for what is no delivery that was given up."""
    _must_be_one(caller, key)
    if not work.again(key, caller.at):
        raise hidden()


def let_go(work: Work, caller: Caller, key: str) -> None:
    """Never to be sent. A crash in here leaves it to be tried once more in a day."""
    _must_be_one(caller, key)
    if not work.again(key, caller.at + DAY):
        raise hidden()
    work.cancel(key)


def _must_be_one(caller: Caller, key: str) -> None:
    require(caller, Action.DELIVERY_MANAGE, Target.office())
    if key.partition(":")[0] not in KINDS:
        raise hidden()
