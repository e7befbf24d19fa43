"""Signer records and their secrets: making, describing, changing. Random bytes and times come in as arguments."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from assay.crypto.keyfile import Header, Secrets
from assay.crypto.keys import SEED_BYTES, Algorithm, PrivateKey
from assay.errors import Malformed, Refused
from assay.formats import strict_json
from assay.trust.root import PURPOSES, Purpose, Signer, TrustedKey, TrustRoot

SIGNING: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-65")
"""What every signer signs with: one classical and one post-quantum signature."""

Randomness = Callable[[int], bytes]


def purpose_of(name: str) -> Purpose:
    if name not in PURPOSES:
        raise Malformed(f"purpose {name!r} is not one of {', '.join(PURPOSES)}")
    return name


def make(
    name: str, purpose: Purpose, random: Randomness, at: datetime, *, trial: bool = False,
    algorithms: Sequence[Algorithm] = SIGNING,
) -> Secrets:  # fmt: skip
    keys = tuple(PrivateKey.from_seed(algorithm, random(SEED_BYTES)) for algorithm in algorithms)
    return Secrets(name=name, purposes=(purpose,), created=at, trial=trial, keys=keys)


def record(header: Header, providers: Sequence[str] = (), *, authority: bool = False) -> Signer:
    """The public record of a signer whose keys start when they were made."""
    return Signer(
        name=header.name,
        purposes=tuple(purpose_of(name) for name in header.purposes),
        providers=tuple(providers),
        authority=authority,
        trial=header.trial,
        keys=tuple(TrustedKey(key, header.created) for key in header.keys),
    )


def trusting(root: TrustRoot, signer: Signer) -> TrustRoot:
    """*root* with *signer*, who must be new to it."""
    if root.signer(signer.name) is not None:
        raise Refused(
            f"there is a signer named {signer.name!r} already; a change of keys comes as a signed document"
        )
    return msgspec.structs.replace(root, signers=(*root.signers, signer))


def merged(root: TrustRoot, other: TrustRoot) -> tuple[TrustRoot, tuple[str, ...]]:
    """*root* with the signers and logs of *other*, and a line for each; equal ones are passed over."""
    lines: list[str] = []
    for signer in other.signers:
        known = root.signer(signer.name)
        if known is None:
            root = trusting(root, signer)
            lines += [
                f"trusts signer {signer.name!r} {_powers(signer)}: {key.public.algorithm} {key.public.keyid}"
                for key in signer.keys
            ]
        elif known.keys != signer.keys:
            raise Refused(
                f"signer {signer.name!r} is known with other keys; a change of keys comes as a signed document"
            )
    for log in other.logs:
        known_log = root.log(log.origin)
        if known_log is None:
            root = msgspec.structs.replace(root, logs=(*root.logs, log))
            lines.append(f"trusts register {log.origin!r}")
        elif known_log.vkeys != log.vkeys:
            raise Refused(f"register {log.origin!r} is known with other keys")
        elif log.witnesses and known_log.witnesses not in {"", log.witnesses}:
            raise Refused(f"register {log.origin!r} is known with another policy of witnesses")
        elif log.witnesses != known_log.witnesses and log.witnesses:
            root = msgspec.structs.replace(
                root, logs=tuple(log if one.origin == log.origin else one for one in root.logs)
            )
            lines.append(f"needs witnesses for register {log.origin!r}")
    for instance in other.sigstore:
        if instance not in root.sigstore:
            root = msgspec.structs.replace(root, sigstore=(*root.sigstore, instance))
            lines.append(
                f"trusts Sigstore instance {instance.sha256[:16]} for {len(instance.identities)} identities"
            )
    return root, tuple(lines)


def _powers(signer: Signer) -> str:
    """What trusting the record means; whoever adds it should read this before it counts."""
    said = f"as {' and '.join(signer.purposes)}"
    if signer.providers:
        said += f" for {', '.join(map(repr, signer.providers))}"
    return f"{said}, with authority to bind" if signer.authority and signer.providers else said


def granted(root: TrustRoot, names: Sequence[str], providers: Sequence[str], *, authority: bool) -> TrustRoot:
    """*root* in which the signers *names* may speak for exactly *providers*, with or without authority to bind."""
    signers = tuple(
        msgspec.structs.replace(signer, providers=tuple(providers), authority=authority)
        if signer.name in names
        else signer
        for signer in root.signers
    )
    return msgspec.structs.replace(root, signers=signers)


def is_key_change(data: bytes, *, what: str) -> bool:
    """Whether *data* looks like a DSSE envelope, and so like a signed change rather than a trust root."""
    value = strict_json.load(data, what=what, limit=64 * 1024 * 1024)
    return isinstance(value, dict) and "payloadType" in value
