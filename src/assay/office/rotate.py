"""Replace the register's keys: an entry by the old ones, a checkpoint by both, everything after by the new ones."""

import msgspec

from assay.formats.digest import Digest
from assay.office.office import Office
from assay.office.ports import Wanted
from assay.office.sequencer import Sequencer
from assay.register import opening, rotation
from assay.register.identity import LogIdentity, LogSecrets
from assay.register.leaf import Kind
from assay.register.scitt import own_entry


def rotate(office: Office, register: Sequencer, new: LogSecrets) -> Office:
    """The office with its *new* keys. *new* must be durable already: a crash in here is gone on with by :func:`resume`."""
    salts = office.entropy.bytes(opening.SALTS_BYTES)
    entry = rotation.key_change(
        _identity(office, office.log),
        _identity(office, new),
        time=office.clock.now(),
        salts=salts,
        key=office.log.entry,
    )
    # A crash here leaves documents that no entry names yet.
    office.blobs.put(office.policy)
    office.blobs.put(office.trust)
    after = _with(office, new)  # before anything is recorded that could not be gone on with
    register.hand_over(new, Wanted(entry, opening.encode(opening.openings({}, salts))))
    return after


def resume(office: Office, register: Sequencer, new: LogSecrets) -> Office | None:
    """The office with its *new* keys if a rotation to them was recorded and not finished; None when it never was."""
    newest = own_entry(register.leaf(register.size() - 1))
    stated = newest.identity if newest is not None else None
    if (
        newest is None
        or newest.kind is not Kind.KEY_CHANGE
        or stated is None
        or stated.keys != new.public(office.origin)
    ):
        return None
    register.hand_over(new, None)
    return _with(office, new)


def _with(office: Office, new: LogSecrets) -> Office:
    return msgspec.structs.replace(office, log=new, keys=office.keys.joined(new.public(office.origin)))


def _identity(office: Office, secrets: LogSecrets) -> LogIdentity:
    return LogIdentity(
        keys=secrets.public(office.origin),
        policy=Digest.sha256(office.policy),
        anchors=Digest.sha256(office.trust),
    )
