"""Signers on this machine: keyfiles and the trust that goes with them."""

from datetime import timedelta
from pathlib import Path

from assay.adapters.filesystem import read_whole, write_whole
from assay.adapters.home import Home
from assay.adapters.keystore import SUFFIX
from assay.adapters.system import SystemEntropy
from assay.bootstrap import SERVICE_KEY, key_histories, now
from assay.bootstrap.office import LOG_KEY, REGISTER, rotate_register
from assay.errors import Refused, Unavailable
from assay.formats.dsse import Envelope
from assay.provider import signers
from assay.tlog.keyring import handover_path
from assay.trust import change
from assay.trust.root import MAX_BYTES as MAX_TRUST_BYTES
from assay.trust.root import Signer, TrustRoot


def new_signer(
    at: Home, name: str, purpose: str, providers: tuple[str, ...], secret: bytes
) -> tuple[Signer, Path]:
    """Make keys, keep them, and trust them here (without authority: that is granted by ``trust add``)."""
    entropy = SystemEntropy()
    secrets = signers.make(name, signers.purpose_of(purpose), entropy.bytes, now())
    record = signers.record(secrets.header(), providers)
    with at.locked():
        root = signers.trusting(at.trust(), record)
        path = at.keys.save(secrets, secret, entropy)
        at.save_trust(root)
    return record, path


def export_signer(at: Home, name: str) -> bytes:
    """A trust root with that one record, as trusted here or as its keyfile says."""
    known = at.trust().signer(name)
    if known is None:
        header = next((header for header in at.keys.headers() if header.name == name), None)
        if header is None:
            raise Unavailable(f"no key and no trusted signer is named {name!r}")
        known = signers.record(header)
    return TrustRoot(signers=(known,)).pretty()


def rotate_signer(at: Home, name: str, secret: bytes) -> tuple[Path, Path]:
    """Replace the keys; the keyfile, and the document that shows the change to those who trust the old keys."""
    entropy, moment = SystemEntropy(), now()
    old = at.keys.open(name, secret)
    if old.purposes == ("log",):
        return _rotate_register(at, name)
    new = signers.make(name, signers.purpose_of(old.purposes[0]), entropy.bytes, moment, trial=old.trial)
    document = change.rotation(name, old.keys, new.keys, moment)
    written = at.keys.folder / f"{name}.rotation-{moment:%Y%m%dT%H%M%SZ}.dsse.json"
    with at.locked():
        root = change.rotate(at.trust(), name, [key.public for key in new.keys], moment)
        write_whole(written, document.encode())
        at.save_trust(root)  # a crash here leaves the old keyfile: rotate again
        return at.keys.save(new, secret, entropy, replace=True), written


def _rotate_register(at: Home, name: str) -> tuple[Path, Path]:
    if name == SERVICE_KEY:
        raise Refused(
            f"{name!r} is the key of the register of an office that is a service: assay office rotate"
        )
    if name != LOG_KEY:
        raise Refused(f"{name!r} is not the key of the register in {at.office}, which is {LOG_KEY!r}")
    _, size = rotate_register(at)
    return at.keys.folder / f"{name}{SUFFIX}", at.office / REGISTER / handover_path(size)


def revoke_signer(
    at: Home, name: str, secret: bytes, keyid: str, reason: str, ago: timedelta
) -> tuple[tuple[str, ...], Path]:
    moment = now()
    secrets = at.keys.open(name, secret)
    keyids = tuple(
        key.public.keyid for key in secrets.keys if not keyid or key.public.keyid.startswith(keyid)
    )
    if not keyids:
        raise Refused(f"{name!r} has no key {keyid!r}")
    document = change.revocation(name, secrets.keys, keyids, moment - ago, reason)
    written = at.keys.folder / f"{name}.revocation-{moment:%Y%m%dT%H%M%SZ}.dsse.json"
    with at.locked():
        root = at.trust()
        for one in keyids:
            root = change.revoke(root, one, moment - ago, reason)
        write_whole(written, document.encode())
        at.save_trust(root)
    return keyids, written


def add_trust(at: Home, file: Path, providers: tuple[str, ...], *, authority: bool) -> tuple[str, ...]:
    """Trust what *file* holds; a line for each thing added."""
    data = read_whole(file, limit=MAX_TRUST_BYTES)
    with at.locked():
        root, lines = _added(at.trust(), data, str(file), providers, authority=authority)
        at.save_trust(root)
    return lines or ("nothing new",)


def _added(
    root: TrustRoot, data: bytes, what: str, providers: tuple[str, ...], *, authority: bool
) -> tuple[TrustRoot, tuple[str, ...]]:
    if key_histories.marked(data):
        return key_histories.renewed(root, data, what=what)
    if signers.is_key_change(data, what=what):
        return change.apply(Envelope.parse(data, what=what), root, at=now()), (
            "applied the signed key change",
        )
    other = TrustRoot.parse(data, what=what)
    root, lines = signers.merged(root, other)
    names = [signer.name for signer in other.signers]
    if providers or authority:
        root = signers.granted(root, names, providers, authority=authority)
        lines += tuple(f"{name!r} may speak for {', '.join(providers)}" for name in names)
    return root, lines
