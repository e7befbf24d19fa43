"""Another office changes its keys: followed where its own documents prove it to whoever trusts the keys that were pinned.

An administrator hands the document in, as with the keys themselves: who has the old keys for a moment must not have the office's
name here for good without that a person of this office looked.
"""

import msgspec

from assay.errors import AssayError, Malformed, Refused, Untrusted
from assay.formats.dsse import Envelope
from assay.office.federation import Federation, Peer, not_ourselves, root_of
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.service import Service
from assay.register.identity import LogKeys
from assay.register.key_history import FORMAT, KeyHistoryDocument
from assay.register.rotation import KeyHistory
from assay.trust import change
from assay.trust.root import TrustRoot


def renew(federation: Federation, service: Service, caller: Caller, id_: str, document: bytes) -> Peer:
    """Go by the keys that *document* leads to: the key history of the office's register, or a signed change of the keys of its results.

    Untrusted, with the reason, when it does not lead there from the keys that are pinned, as an older copy does not; Refused
    when it says nothing new, or the office was revoked or renewed meanwhile.
    """
    require(caller, Action.FEDERATION_MANAGE, Target.office())
    peer = next((one for one in federation.offices() if one.id == id_), None)
    if peer is None:
        raise hidden()
    if peer.revoked is not None:
        raise Refused(f"{peer.name!r} was revoked: its keys are not renewed")
    renewed = (
        _followed(service, peer, document) if _is_history(document) else _changed(service, peer, document)
    )
    not_ourselves(service, TrustRoot.parse(service.office.blobs.get(renewed.trust)), peer.origin)
    federation.put_office(renewed, peer)
    return renewed


def _is_history(document: bytes) -> bool:
    return f'"{FORMAT}"'.encode() in document


def _followed(service: Service, peer: Peer, document: bytes) -> Peer:
    """The register's keys."""
    root = root_of(service, peer)
    (log,) = root.logs
    told = KeyHistoryDocument.parse(document, what="key history of the other office")
    if told.origin != peer.origin:
        raise Untrusted(
            f"the key history is of register {told.origin[:200]!r}, {peer.name!r} has {peer.origin!r}"
        )
    try:
        history = told.follow(log.keys)
    except (Malformed, Untrusted) as error:
        raise Untrusted(
            f"the key history does not lead from the keys of {peer.name!r} that are pinned; it is forged, or an older copy: {error}"
        ) from error
    known = _known(service, peer, log.keys)
    if known is not None and history.periods[: len(known.periods)] != known.periods:
        raise Untrusted(
            f"the key history tells other changes of {peer.name!r} than those that were followed before"
        )
    newest = history.newest.keys
    if newest.vkeys == log.vkeys:
        raise Refused(
            f"the key history says nothing new: its newest keys of {peer.name!r} are those that are pinned"
        )
    after = msgspec.structs.replace(root, logs=(msgspec.structs.replace(log, vkeys=newest.vkeys),))
    blobs = service.office.blobs
    return msgspec.structs.replace(peer, trust=blobs.put(after.encode()), history=blobs.put(document))


def _known(service: Service, peer: Peer, keys: LogKeys) -> KeyHistory | None:
    if peer.history is None:
        return None
    return KeyHistoryDocument.parse(service.office.blobs.get(peer.history)).follow(keys)


def _changed(service: Service, peer: Peer, document: bytes) -> Peer:
    """The keys of its results."""
    root = root_of(service, peer)
    envelope = Envelope.parse(
        document, what="change of keys of the other office", expected=change.PAYLOAD_TYPE
    )
    try:
        after = change.apply(envelope, root, at=service.now())
    except AssayError as error:
        raise type(error)(
            f"the change of keys does not follow from those of {peer.name!r} that are pinned: {error}"
        ) from error
    return msgspec.structs.replace(peer, trust=service.office.blobs.put(after.encode()))
