"""The fictional office that judges: whom it trusts, by what policy, and what it had seen before."""

from datetime import UTC, datetime

import msgspec
from tests.scenario.honesty import documents
from tests.scenario.honesty.workspace import NOW
from tests.support import offices, signing
from tests.support.exploited import exploited

from assay.bootstrap.provide import Prepared
from assay.crypto.keys import PrivateKey
from assay.formats.bundle import Bundle
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.verdict import VerdictDocument
from assay.packs import shipped
from assay.trust.envelope import sign
from assay.trust.root import Revocation, Signer, TrustRoot
from assay.validation.examine import Inputs, examine
from assay.validation.history import History
from assay.validation.policy import Policy

PACKS = ("cisa-form@2024-03", "nist-ssdf@1.1")
KEYS = signing.pair("lighthouse")
"""The provider's."""
_STOLEN = signing.signer("stolen-ci", "ci", authority=False)
STOLEN = msgspec.structs.replace(
    _STOLEN,
    keys=tuple(
        msgspec.structs.replace(key, revoked=Revocation(datetime(2026, 10, 1, tzinfo=UTC), "stolen"))
        for key in _STOLEN.keys
    ),
)
"""A build system of the provider whose keys were stolen."""
POLICY = Policy(name="test (fictional)", accepted_builders=(documents.BUILDER,))


def trust(*more: Signer) -> TrustRoot:
    """The provider with authority, its CI, the office; *more* signers replace those of their name."""
    known = {
        signer.name: signer
        for signer in (
            signing.signer("lighthouse", "provider"),
            signing.signer("lighthouse-ci", "ci", authority=False),
            STOLEN,
            signing.signer("harbour-ci", "ci", providers=("Harbour Works (fictional)",), authority=False),
            signing.signer("office", "office", keys=offices.OFFICE_KEYS, providers=(), authority=False),
            *more,
        )
    }
    return signing.trust_root(*known.values())


def signed(prepared: Prepared, keys: tuple[PrivateKey, ...] = KEYS) -> Bundle:
    return prepared.bundle(sign(PAYLOAD_TYPE, prepared.payload, keys))


def inputs(bundle: Bundle) -> Inputs:
    return Inputs(
        bundle=bundle,
        packs=tuple((ref, shipped.data(ref)) for ref in PACKS),
        policy=POLICY.encode(),
        trust=trust().encode(),
        history=History().encode(),
        snapshot=documents.snapshot(NOW),
        exploited=exploited(documents.EXPLOITED, released=NOW),
        now=NOW,
        engine=offices.ENGINE,
    )


def judge(given: Inputs) -> VerdictDocument:
    return examine(given, None)
