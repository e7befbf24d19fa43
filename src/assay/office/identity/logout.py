"""See and end sessions."""

from assay.office.identity.account import Session
from assay.office.identity.identity import Identity
from assay.office.identity.session import end_sessions
from assay.office.permissions import Action, Caller, Target, hidden, require


def logout(identity: Identity, session: Session) -> None:
    """Ended already is fine."""
    with identity.identities.change() as rows:
        rows.take(Session, session.id)


def own_sessions(identity: Identity, caller: Caller) -> tuple[Session, ...]:
    require(caller, Action.SESSION_MANAGE_OWN, Target(account=caller.account))
    with identity.identities.read() as rows:
        return rows.find(Session, account=caller.account)


def end_session(identity: Identity, caller: Caller, session: str) -> None:
    with identity.identities.change() as rows:
        found = rows.get(Session, session)
        if found is None:
            raise hidden()
        require(caller, Action.SESSION_MANAGE_OWN, Target(account=found.account))
        rows.take(Session, session)


def end_other_sessions(identity: Identity, caller: Caller, session: Session) -> None:
    require(caller, Action.SESSION_MANAGE_OWN, Target(account=session.account))
    with identity.identities.change() as rows:
        end_sessions(rows, session.account, but=session.id)
