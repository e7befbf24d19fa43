"""Have the register's published checkpoint cosigned; stop signing when a witness knows another history."""

from collections.abc import Mapping

from assay.errors import Unavailable
from assay.office.sequencer import Sequencer
from assay.register.quorum import Quorum
from assay.tlog.ports import Witness
from assay.tlog.witnessing import Together, Witnessing, one_by_one, witness


def ask(
    register: Sequencer,
    quorum: Quorum,
    witnesses: Mapping[str, Witness],
    *,
    sizes: Mapping[str, int] | None = None,
    together: Together = one_by_one,
) -> Witnessing:
    """Publish, ask *witnesses*, and publish what they add. *sizes* is what an earlier round returned.

    Unavailable, and nothing more is signed by this process, when one of them knows entries that the register does not have.
    """
    register.publish()
    told = witness(
        register.published(), quorum, witnesses, register.consistency, sizes=sizes, together=together
    )
    if told.alarms:
        reason = "; ".join(f"witness {one.witness}: {one.reason}" for one in told.alarms)
        register.stop(f"nothing is signed for {register.origin} until a person has looked: {reason}")
        raise Unavailable(f"nothing is signed for {register.origin} until a person has looked: {reason}")
    if told.cosigned:
        register.cosigned(told.note)  # unless more was published meanwhile: the next round asks about that
    return told
