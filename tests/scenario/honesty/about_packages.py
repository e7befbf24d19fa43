"""Falsehoods about the package that is handed in: signatures, customers, and whether everything is there."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from tests.scenario.honesty import documents, office
from tests.scenario.honesty.about_people import FORM, NOTIFY, SIGNED, declared
from tests.scenario.honesty.falsehood import Falsehood
from tests.scenario.honesty.workspace import BUILT_BY, Workspace
from tests.support import signing

from assay.bootstrap.provide import Prepared
from assay.errors import Malformed
from assay.formats import customers
from assay.formats.attestation import Attestation, Claim
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import CUSTOMERS, ENVELOPE, FOLDER, Bundle
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.trust.envelope import sign
from assay.trust.root import Revocation
from assay.validation.examine import Inputs
from assay.validation.history import History


def fewer_customers(files: dict[str, bytes]) -> None:
    """One customer is left out after signing."""
    found = customers.parse(files[CUSTOMERS])
    files[CUSTOMERS] = customers.encode(msgspec.structs.replace(found, customers=found.customers[1:]))


def renamed_customer(files: dict[str, bytes]) -> None:
    files[CUSTOMERS] = files[CUSTOMERS].replace(b"Harbour Office", b"Somebody Else")


def no_customers(files: dict[str, bytes]) -> None:
    del files[CUSTOMERS]


CUSTOMER_LIST = (
    Falsehood(
        id="dropped-customer",
        lie="drops a customer from the list after signing",
        files=fewer_customers,
        check="customer-list-matches",
        says="the list has another number of rows than the attestation commits to",
        hits=(f"{FORM}customers",),
    ),
    Falsehood(
        id="renamed-customer",
        lie="puts another customer in the place of one",
        files=renamed_customer,
        check="customer-list-matches",
        says="the list gives the commitment",
        hits=(f"{FORM}customers",),
    ),
    Falsehood(
        id="no-customers",
        lie="keeps the list back",
        files=no_customers,
        check="customer-list-matches",
        outcome="unknown",
        says="there is no customer list to compare with the commitment",
        hits=(f"{FORM}customers",),
        missing={"C15": "customer list"},
    ),
)


def replayed(prepared: Prepared) -> Bundle:
    """The signatures of another payload, put over this one."""
    other = sign(PAYLOAD_TYPE, prepared.payload + b" ", office.KEYS)
    return prepared.bundle(Envelope(PAYLOAD_TYPE, prepared.payload, other.signatures))


def unauthorised(inputs: Inputs) -> Inputs:
    signer = signing.signer("lighthouse", "provider", authority=False)
    return msgspec.structs.replace(inputs, trust=office.trust(signer).encode())


def with_keys(**changes: Any) -> Callable[[Inputs], Inputs]:
    """The trust root says something else of the provider's keys."""
    signer = signing.signer("lighthouse", "provider")
    keys = tuple(msgspec.structs.replace(key, **changes) for key in signer.keys)
    trust = office.trust(msgspec.structs.replace(signer, keys=keys)).encode()
    return lambda inputs: msgspec.structs.replace(inputs, trust=trust)


REVOKED = with_keys(revoked=Revocation(datetime(2026, 10, 30, tzinfo=UTC), "stolen"))


SIGNATURES = (
    Falsehood(
        id="one-signature",
        lie="signs with one of the two keys that the policy requires",
        sign=lambda prepared: office.signed(prepared, office.KEYS[:1]),
        check="signer-has-authority",
        says="no good signature by ml-dsa-65 under 'lighthouse'",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "no good signature by ml-dsa-65 under 'lighthouse'"},
    ),
    Falsehood(
        id="two-signers",
        lie="puts the signatures of two signers together",
        sign=lambda prepared: office.signed(prepared, (office.KEYS[0], documents.CI_KEYS[1])),
        check="signer-has-authority",
        says="must all be under keys of one signer",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "must all be under keys of one signer"},
    ),
    Falsehood(
        id="replayed-signatures",
        lie="puts the signatures of another attestation over this one",
        sign=replayed,
        check="signer-has-authority",
        says="which did not make it over this payload",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "which did not make it over this payload"},
    ),
    Falsehood(
        id="unknown-keys",
        lie="signs with keys that nobody knows",
        sign=lambda prepared: office.signed(prepared, signing.pair("somebody")),
        check="signer-has-authority",
        outcome="unknown",
        says="was made by no key of the trust root",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "was made by no key of the trust root"},
    ),
    Falsehood(
        id="keys-of-ci",
        lie="signs the attestation with the keys of the build system",
        sign=lambda prepared: office.signed(prepared, documents.CI_KEYS),
        check="signer-has-authority",
        says="'lighthouse-ci' may sign as ci, not as provider",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "'lighthouse-ci' may sign as ci, not as provider"},
    ),
    Falsehood(
        id="no-authority",
        lie="signs with keys that may not bind the provider",
        office=unauthorised,
        check="signer-has-authority",
        says="has no authority to attest for 'Lighthouse Works (fictional)'",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "has no authority to attest for"},
    ),
    Falsehood(
        id="revoked-keys",
        lie="signs with keys that were stolen and revoked",
        office=REVOKED,
        check="keys-not-revoked",
        says="was revoked on 2026-10-30T00:00:00Z: stolen",
        hits=(SIGNED,),
        companions=frozenset({"signer-has-authority"}),
        missing={"C10": "was revoked on 2026-10-30"},
    ),
    Falsehood(
        id="revoked-keys-alone",
        lie="releases what no key in force has signed",
        evidence=lambda at: at.path(BUILT_BY).unlink(),
        office=REVOKED,
        check="release-signed",
        says="is the attestation's, by a revoked key",
        hits=("cisa-form@2024-03#2", "nist-ssdf@1.1#PS.2.1", SIGNED),
        companions=frozenset({"keys-not-revoked", "signer-has-authority"}),
        missing={"C10": "was revoked on 2026-10-30"},
    ),
    Falsehood(
        id="expired-keys",
        lie="signs with keys whose time is over",
        office=with_keys(valid_until=datetime(2026, 10, 1, tzinfo=UTC)),
        check="signer-has-authority",
        says="was valid only until 2026-10-01",
        hits=(SIGNED, NOTIFY),
        missing={"C10": "was valid only until 2026-10-01"},
    ),
)


def unclaimed(attestation: Attestation, _: Workspace) -> Attestation:
    """An item of the form is neither claimed nor planned for."""
    silent = tuple(
        Claim(claim.requirement, claimed=False) if claim.requirement == f"{FORM}4.c" else claim
        for claim in attestation.claims
    )
    return msgspec.structs.replace(attestation, claims=silent)


def set_aside(attestation: Attestation, _: Workspace) -> Attestation:
    label = f"{attestation.releases[0].name}@9.9.9"
    artifacts = tuple(
        msgspec.structs.replace(one, releases=(label,)) if one.kind == "test-report" else one
        for one in attestation.artifacts
    )
    return msgspec.structs.replace(attestation, artifacts=artifacts)


def doubled(prepared: Prepared) -> Bundle:
    """Two releases under one name; no honest writer can make that, so the payload is changed as text."""
    (release,) = prepared.attestation.releases
    other = msgspec.structs.replace(release, version="9.9.9", files=())
    payload = encode_attestation(msgspec.structs.replace(prepared.attestation, releases=(release, other)))
    payload = payload.replace(b"9.9.9", release.version.encode())
    return prepared.bundle(sign(PAYLOAD_TYPE, payload, office.KEYS))


def flipped(files: dict[str, bytes]) -> None:
    """One bit of an artifact."""
    path = next(path for path in files if path.startswith(FOLDER))
    files[path] = bytes([files[path][0] ^ 1]) + files[path][1:]


def withheld(files: dict[str, bytes]) -> None:
    """The bill is named, and is not there."""
    attestation = json.loads(base64.b64decode(json.loads(files[ENVELOPE])["payload"]))
    path = next(path for path, data in files.items() if b'"bomFormat"' in data and path.startswith(FOLDER))
    assert Digest.sha256(files[path]).value in json.dumps(attestation)
    del files[path]


def uninvited(files: dict[str, bytes]) -> None:
    """A file that the attestation does not name."""
    files[f"{FOLDER}{Digest.sha256(b'uninvited').value}"] = b"uninvited"


def unsigned(files: dict[str, bytes]) -> None:
    files[ENVELOPE] = json.dumps({**json.loads(files[ENVELOPE]), "signatures": []}).encode()


def received_before(inputs: Inputs) -> Inputs:
    payload = str(Envelope.parse(inputs.bundle.envelope).identity)
    return msgspec.structs.replace(inputs, history=History(payloads=(payload,)).encode())


PACKAGE = (
    Falsehood(
        id="silent-item",
        lie="leaves an item of the form out",
        attestation=unclaimed,
        missing={"C7": f"{FORM}4.c is neither claimed nor in the plan of action"},
    ),
    Falsehood(
        id="not-notifying",
        lie="does not accept the duty to tell",
        evidence=declared("submission", notify=False),
        missing={"C8": "the duty to notify when a statement no longer holds is not accepted"},
    ),
    Falsehood(
        id="submitted-before",
        lie="hands in once more what was received before",
        office=received_before,
        missing={"C17": "accepted before"},
    ),
    Falsehood(
        id="set-aside",
        lie="labels a report as that of a release nobody attests, so that no check looks at it",
        attestation=set_aside,
        refused=Malformed,
        says="@9.9.9', expected one of the targets",
    ),
    Falsehood(
        id="missing-artifact",
        lie="names a bill of materials and does not hand it in",
        files=withheld,
        check="sbom-describes-release",
        outcome="unknown",
        says="it is not in the bundle",
        hits=("cisa-form@2024-03#3", "nist-ssdf@1.1#PS.3.2"),
        missing={"C12": "is not in the bundle"},
    ),
    Falsehood(
        id="changed-artifact",
        lie="changes an artifact under its name",
        files=flipped,
        refused=Malformed,
        says="as its name says",
    ),
    Falsehood(
        id="uninvited-artifact",
        lie="adds an artifact that the attestation does not name",
        files=uninvited,
        refused=Malformed,
        says="is not named in the attestation",
    ),
    Falsehood(
        id="two-releases-of-one-name",
        lie="attests two releases under one name",
        sign=doubled,
        refused=Malformed,
        says="bom-ref 'release:assay-office@0.1.0' stands at",
    ),
    Falsehood(
        id="no-signature",
        lie="takes the signatures off",
        files=unsigned,
        refused=Malformed,
        says="signature",
    ),
)

FALSEHOODS = (*CUSTOMER_LIST, *SIGNATURES, *PACKAGE)
