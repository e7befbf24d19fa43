"""The provider's work up to a bundle: gather, attest, sign."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from assay import config
from assay.adapters.system import SystemEntropy
from assay.bootstrap import now
from assay.checks.catalogue import CHECKS
from assay.collect.gather import Gathered, Identity, Wanted, gather
from assay.crypto.keyfile import Secrets
from assay.errors import Malformed
from assay.evidence.kinds import names_of
from assay.formats.attestation import ArtifactKind, Attestation
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.bundle import Bundle
from assay.formats.customers import Customer, CustomerId
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.packs import shipped
from assay.packs.model import Pack
from assay.provider import attest as attesting
from assay.provider.attest import Answerable
from assay.provider.bundle import bundle, committed, salted
from assay.trust.envelope import sign

DEFAULT_PACKS = ("cisa-form@2024-03", "nist-ssdf@1.1")


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """An attestation before it is signed, and all that goes into its bundle."""

    gathered: Gathered
    attestation: Attestation
    payload: bytes
    customers: bytes | None

    def signed_by(self, secrets: Secrets) -> Bundle:
        return self.bundle(sign(PAYLOAD_TYPE, self.payload, secrets.keys))

    def bundle(self, envelope: Envelope) -> Bundle:
        return bundle(envelope, self.customers, [found.data for found in self.gathered.artifacts])


def wanted(project: config.Project | None) -> Wanted:
    if project is None:
        return Wanted()
    return Wanted(
        author=project.provider.name,
        named=config.named(project),
        exclude=project.exclude,
        facts=project.environment,
        products=config.products(project),
    )


def collected(folder: Path, releases: Sequence[Path]) -> Gathered:
    """Everything that would be evidence for *folder*, without attesting anything."""
    return gather(folder, releases, wanted(config.find(folder)), Identity(_uuid(SystemEntropy()), now()))


def prepare(folder: Path, releases: Sequence[Path], packs: Sequence[str]) -> Prepared:
    """Gather the evidence of *folder* and write the attestation over it."""
    project = config.find(folder)
    entropy, moment = SystemEntropy(), now()
    gathered = gather(folder, releases, wanted(project), Identity(_uuid(entropy), moment))
    declared = config.declared(project, gathered.digest_of) if project else None
    answerable = answerable_of([shipped.load(ref)[0] for ref in chosen_packs(project, packs)])
    if declared is not None and (unknown := attesting.unknown_claims(declared, answerable)):
        raise Malformed(f"{config.NAME} names {unknown[0]!r}, which none of the chosen packs has")
    customers = (
        salted(_customers(project), entropy.bytes) if project and project.customers is not None else None
    )
    attestation = attesting.attest(
        declared,
        pieces=gathered.pieces(),
        releases=gathered.releases,
        answerable=answerable,
        customers=committed(customers) if customers is not None else None,
        serial=f"urn:uuid:{_uuid(entropy)}",
        made=moment,
    )
    return Prepared(
        gathered=gathered,
        attestation=attestation,
        payload=encode_attestation(attestation),
        customers=customers,
    )


def _uuid(entropy: SystemEntropy) -> UUID:
    return UUID(bytes=entropy.bytes(16), version=4)


def chosen_packs(project: config.Project | None, packs: Sequence[str]) -> tuple[str, ...]:
    """The packs asked for, else those of ``assay.toml``, else all that are in force for everybody."""
    chosen = tuple(packs) or (project.packs if project else ()) or DEFAULT_PACKS
    return tuple(dict.fromkeys(_ref(name) for name in chosen))


def _ref(name: str) -> str:
    """A pack by ``id@edition``, or by id alone where only one edition is there."""
    if "@" in name:
        return name
    editions = [ref for ref in shipped.refs() if ref.startswith(f"{name}@")]
    if len(editions) != 1:
        raise Malformed(f"pack {name!r} is not one of {', '.join(shipped.refs())}")
    return editions[0]


def answerable_of(packs: Sequence[Pack]) -> tuple[Answerable, ...]:
    """What can be claimed, each with the kinds of artifact that its checks read."""
    found = []
    for pack in packs:
        for requirement in pack.requirements:
            if requirement.answered_by == "form":
                continue
            kinds: set[ArtifactKind] = set(requirement.evidence)
            for binding in requirement.bindings:
                check = CHECKS.get(binding.check)
                if check is not None:
                    kinds |= {kind for value in check.reads for kind in names_of(value)}
            found.append(Answerable(pack.full(requirement), frozenset(kinds)))
    return tuple(found)


def _customers(project: config.Project) -> tuple[Customer, ...]:
    return tuple(
        Customer(
            name=row.name,
            id=CustomerId(scheme=row.id.scheme, value=row.id.value) if row.id else None,
            contact=row.contact,
            products=row.products,
            salt="0" * 64,
        )
        for row in project.customers or ()
    )


def unsigned(prepared: Prepared) -> Bundle:
    """The bundle with an envelope that nobody signed yet."""
    return prepared.bundle(Envelope(PAYLOAD_TYPE, prepared.payload, ()))


def resign(found: Bundle, secrets: Secrets) -> tuple[Bundle, Digest]:
    """*found* signed by *secrets*; the attestation must be well-formed."""
    payload = Envelope.parse(
        found.envelope, what="attestation.dsse.json", unsigned=True, expected=PAYLOAD_TYPE
    ).payload
    parse_attestation(payload)
    envelope = sign(PAYLOAD_TYPE, payload, secrets.keys)
    return msgspec.structs.replace(found, envelope=envelope.encode()), envelope.identity
