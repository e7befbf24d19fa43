"""Another fictional office, with keys of its own, that posts results and hands out receipts."""

import msgspec
from tests.support import offices, services
from tests.support.offices import SINCE, key, pair

from assay.adapters.memory import MemoryBlobs
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.crypto.keys import PrivateKey
from assay.formats.note import Note
from assay.office.case import Case
from assay.office.log import found
from assay.office.office_policy import OfficePolicy
from assay.office.post import posting_receipt, result_envelope
from assay.office.rotate import rotate
from assay.office.sampling_policy import Sampling
from assay.office.sequencer import Sequencer
from assay.office.service import Service
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogSecrets
from assay.register.key_history import KeyHistoryDocument
from assay.tlog.keyring import Keyring, scan
from assay.trust.root import Log, Signer, TrustedKey, TrustRoot

NAME, ORIGIN = "Office of the Isles (fictional)", "isles.example/office"


def secrets(name: str) -> LogSecrets:
    return LogSecrets(
        ed25519=key("ed25519", f"{name} log"), ml_dsa_44=key("ml-dsa-44", f"{name} log"), entry=key("ed25519", f"{name} entry")
    )  # fmt: skip


def trust(
    name: str = "isles", origin: str = ORIGIN, signing: tuple[PrivateKey, ...] | None = None
) -> TrustRoot:
    """What the office says of itself."""
    keys = tuple(TrustedKey(one.public, SINCE) for one in signing or pair(f"{name} office"))
    return TrustRoot(
        signers=(Signer(name=name, purposes=("office",), keys=keys),),
        logs=(Log(origin, secrets(name).public(origin).vkeys),),
    )


def service(name: str = "isles", origin: str = ORIGIN, office_name: str = NAME) -> Service:
    """Draws nothing: what is clean is posted at once."""
    undrawn = OfficePolicy(sampling=msgspec.structs.replace(Sampling(), every_days=0))
    one = services.service(undrawn)
    base = one.office
    engine = SqlLedger.memory_engine()
    log, ledger, blobs = secrets(name), SqlLedger(engine), MemoryBlobs()
    told = trust(name, origin)
    root = TrustRoot(signers=(offices.trust().signers[0], *told.signers), logs=told.logs)
    office = msgspec.structs.replace(
        base,
        name=office_name,
        origin=origin,
        blobs=blobs,
        ledger=ledger,
        register=Sequencer(ledger, MemoryTiles(), log, origin, base.clock),
        log=log,
        keys=log.public(origin),
        signing=pair(f"{name} office"),
        trust=root.encode(),
    )
    found(office)
    return Service(office=office, cases=SqlCases(engine), work=SqlWork(engine), policy=undrawn, sealed=blobs)


def posted(one: Service, serial: int = 1) -> Case:
    case = services.submitted(one, serial)
    assert case.stage == "published", case.stage
    return case


def brought(one: Service, case: Case) -> tuple[bytes, bytes]:
    """The result, and its receipt."""
    return result_envelope(one, case).encode(), posting_receipt(one, case).encode()


def handed_over(one: Service, name: str) -> Service:
    """With the keys of *name* for its register, after a change of keys as documented."""
    register = one.office.register
    assert isinstance(register, Sequencer)
    return msgspec.structs.replace(one, office=rotate(one.office, register, secrets(name)))


def key_history(one: Service) -> bytes:
    """As ``assay register keys`` collects it."""
    register = one.office.register
    assert isinstance(register, Sequencer)
    register.publish()
    files, note = register._tiles, register.published()
    ring = Keyring(one.office.keys)
    scan(ring, files, Checkpoint.parse(Note.parse(note, what="checkpoint").text), note, 0)
    return KeyHistoryDocument(origin=ring.origin, genesis=ring.genesis, changes=ring.changes).encode()
