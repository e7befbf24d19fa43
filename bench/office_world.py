"""A hundred fictional providers with keys, tokens and signed bundles; an office that knows them; and a hundred thousand cases."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, func, insert, select

from assay.adapters.home import Home
from assay.adapters.sql import postgresql, tables
from assay.adapters.sql.case_tables import bodies, cases
from assay.adapters.sql.case_tables import keys as case_keys
from assay.adapters.sql.cases import body, columns
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.sql.ledger import SqlLedger
from assay.bootstrap import stores
from assay.bootstrap.service import office_passphrase
from assay.crypto.keys import PrivateKey
from assay.formats.api_token import ApiTokenText
from assay.formats.attestation import (
    Artifact,
    Attestation,
    Claim,
    Contact,
    Provider,
    Release,
    ReleaseDigest,
    Signatory,
)
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import Bundle, write_tar
from assay.formats.digest import Digest
from assay.formats.verdict import ClaimVerdict, FindingRow, ReleaseRef, VerdictDocument
from assay.formats.verdict import Engine as Engine_
from assay.formats.verdict import encode as encode_verdict
from assay.office.case import Case
from assay.office.found_by import keys_of
from assay.office.identity.account import Account, Session
from assay.office.identity.organisation import Kind, Organisation, Signer
from assay.office.identity.token import ApiToken
from assay.office.identity.words import digest
from assay.office.identity.words import key as session_key
from assay.office.permission_table import Action, Role
from assay.office_config.model import Database, OfficeConfig
from assay.packs import shipped
from assay.packs.read import parse as parse_pack
from assay.provider.bundle import committed, salted
from assay.trust.envelope import sign
from assay.trust.root import Signer as Trusted
from assay.trust.root import TrustedKey, TrustRoot

PACK = "cisa-form@2024-03"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "b" * 52
SCOPES = frozenset({Action.SUBMISSION_CREATE, Action.SUBMISSION_READ})
POLICY = (
    b"# Security policy\n\nReport a vulnerability to security@provider.test by mail. You hear back within five working days,\n"
    b"and we tell you what we do about it. Please give us ninety days before you publish what you found.\n"
)
FILE_BYTES = 20_000
PRODUCTS, FINDINGS, QUEUED, CHUNK = 20_000, 10, 50, 5_000
"""Of the cases that are filled in: different products; findings of each; every how manieth waits for an officer; how many are
written together."""
READER, COOKIE = "org-reader", "c" * 52
"""A relying party that comes with a token, and the session of an officer."""


class Member(msgspec.Struct, frozen=True):
    """A provider."""

    number: int
    keys: tuple[PrivateKey, PrivateKey]

    @property
    def name(self) -> str:
        return f"Provider {self.number:03} (fictional)"

    @property
    def organisation(self) -> str:
        return f"org-{self.number:03}"

    @property
    def token(self) -> str:
        letters = "abcdefghij"
        return "bench" + "".join(letters[int(one)] for one in f"{self.number:011}")

    @property
    def bearer(self) -> str:
        return ApiTokenText(id=self.token, secret=SECRET).encode()


def members(count: int) -> list[Member]:
    def key(algorithm: str, number: int) -> PrivateKey:
        seed = hashlib.sha256(f"bench {algorithm} {number}".encode()).digest()
        return PrivateKey.from_seed(algorithm, seed)  # type: ignore[arg-type]

    return [Member(number, (key("ed25519", number), key("ml-dsa-65", number))) for number in range(count)]


def introduce(engine: Engine, providers: Sequence[Member]) -> None:
    """Organisations, verified signers and tokens, straight into the office's rows."""
    now = datetime.now(UTC)
    with SqlIdentities(engine).change() as rows:
        for one in providers:
            keys = tuple(TrustedKey(key.public, SINCE) for key in one.keys)
            record = TrustRoot(
                signers=(
                    Trusted(
                        name=f"signer-{one.number}",
                        purposes=("provider",),
                        providers=(one.name,),
                        authority=True,
                        keys=keys,
                    ),
                )
            )
            rows.add(
                Organisation(id=one.organisation, name=one.name, kind=Kind.PROVIDER, speaks_for=(one.name,))
            )
            rows.add(
                Signer(
                    id=f"signer-{one.number:03}",
                    organisation=one.organisation,
                    name=f"signer-{one.number}",
                    record=record.encode().decode(),
                    offered=now,
                    offered_by="",
                    verified=now,
                    verified_by="",
                )
            )
            rows.add(
                ApiToken(
                    id=one.token,
                    name="bench",
                    organisation=one.organisation,
                    scopes=SCOPES,
                    hash=digest(SECRET),
                    made=now,
                    made_by="",
                    expires=now + timedelta(days=1),
                )
            )


def readers(engine: Engine) -> tuple[str, str]:
    """A relying party's token, and the cookie of an officer's session."""
    now = datetime.now(UTC)
    token = ApiTokenText(id="benchreaderaaaaa", secret=SECRET)
    with SqlIdentities(engine).change() as rows:
        rows.add(Organisation(id=READER, name="Harbour (fictional)", kind=Kind.RELYING_PARTY))
        rows.add(Organisation(id="org-bench-office", name="Office (fictional)", kind=Kind.AUTHORITY))
        rows.add(
            ApiToken(
                id=token.id, name="bench", organisation=READER, hash=digest(SECRET), made=now, made_by="",
                scopes=frozenset({Action.INVENTORY_READ, Action.INVENTORY_WRITE, Action.SUBMISSION_READ}),
                expires=now + timedelta(days=1),
            )
        )  # fmt: skip
        rows.add(
            Account(
                id="bench-officer", organisation="org-bench-office", name="olga", mail="olga@office.test",
                roles=frozenset({Role.OFFICER}), created=now,
            )
        )  # fmt: skip
        rows.add(
            Session(
                id=session_key(COOKIE), account="bench-officer", csrf="x", created=now, seen=now,
                expires=now + timedelta(days=1),
            )
        )  # fmt: skip
    return token.encode(), f"assay-session={COOKIE}"


def bundles(providers: Sequence[Member], count: int) -> Iterator[tuple[Member, bytes]]:
    """Complete submissions of releases that differ, in turn by each provider: (who, tar)."""
    pack = parse_pack(shipped.data(PACK), name=PACK)
    for number in range(count):
        one = providers[number % len(providers)]
        yield one, write_tar(_bundle(one, number, pack.must_answer))


def _bundle(one: Member, number: int, asked: Sequence[str]) -> Bundle:
    release = hashlib.shake_256(b"release %d" % number).digest(FILE_BYTES)
    file, policy = Digest.sha256(release), Digest.sha256(POLICY)
    customers = salted((), lambda size: hashlib.shake_256(b"salt %d" % number).digest(size))
    promised = committed(customers)
    made = Attestation(
        serial=f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        made=datetime(2026, 11, 1, tzinfo=UTC),
        kind="new",
        scope="individual_product",
        provider=Provider(one.name, "1 Pier", "Harbourtown", "", "1000", "Atlantis", "https://provider.test"),
        contact=Contact("Security desk", "Role", "1 Pier", "+000", "desk@provider.test"),
        releases=(
            Release(
                name=f"product-{one.number}", version=f"1.0.{number}", released=date(2026, 10, 1),
                files=(ReleaseDigest(f"product-1.0.{number}.bin", file),),
            ),
        ),
        packs=(PACK,),
        claims=tuple(Claim(ref, claimed=True, artifacts=(policy,)) for ref in asked),
        artifacts=(
            Artifact(file, f"product-1.0.{number}.bin", "release", "Release file", "the release"),
            Artifact(policy, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
        ),
        signatory=Signatory("A. Keeper", "Chief", date(2026, 10, 30), "chief_executive"),
        notify=True,
        customers=promised.commitment,
        customer_rows=promised.rows,
    )  # fmt: skip
    envelope = sign("application/vnd.in-toto+json", encode_attestation(made), one.keys)
    return Bundle(envelope.encode(), customers, {file: release, policy: POLICY})


def engine_of(data: Path, database: str) -> Engine:
    if database:
        return postgresql.engine(database, "bench")
    return SqlLedger.sqlite_engine(data / "office" / "office.sqlite")


def states(engine: Engine) -> dict[str, int]:
    """How many cases there are at each stage."""
    with engine.execution_options(reads=True).begin() as connection:
        query = select(cases.c.stage, func.count()).group_by(cases.c.stage)
        return {found[0]: found[1] for found in connection.execute(query)}


def known(engine: Engine) -> set[str]:
    """Digests of the payloads that are in the office."""
    with engine.execution_options(reads=True).begin() as connection:
        return set(connection.execute(select(tables.submissions.c.payload)).scalars())


def fill(engine: Engine, data: Path, count: int, database: str = "") -> None:
    """*count* cases more, nearly all published, with verdicts of ten findings each; no server of the office may run."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    config = OfficeConfig(data=data, database=Database(url=database))
    home = Home(data)
    with stores.blobs(config, home, office_passphrase(home)) as blobs:
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            documents = [encode_verdict(_filled_verdict(number, now)) for number in numbers]
            verdicts = blobs.put_many(documents)
            made = [_filled(number, now, verdict) for number, verdict in zip(numbers, verdicts, strict=True)]
            found_by = [
                {"key": key, "entry": one.entry}
                for one in made
                for key in keys_of(one.provider, [Release(name=one.product, version=one.version)])
            ]
            with engine.begin() as connection:
                connection.execute(insert(cases), [columns(one) for one in made])
                connection.execute(insert(bodies), [{"entry": one.entry, "body": body(one)} for one in made])
                connection.execute(insert(case_keys), found_by)
    if database:
        # What comes in a minute here comes in years there, and the server looks at it each minute.
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def _filled_verdict(number: int, now: datetime) -> VerdictDocument:
    provider, product, version = _names(number)
    findings = tuple(
        FindingRow(check="sbom-covers-dependencies", outcome="satisfied", message=f"package-{n} of filler {number} is listed")
        for n in range(FINDINGS)
    )  # fmt: skip
    row = ClaimVerdict(f"{PACK}#3", claimed=True, verdict="satisfied", reason="shown", findings=findings)
    code = str(Digest.sha256(b"engine"))
    return VerdictDocument(
        provider=provider, product=product, releases=(ReleaseRef(product, version),), attestation=str(_filler(number)),
        judged=now, complete=True, claims=(row,), result="validated", engine=Engine_("bench", "1", code, code),
    )  # fmt: skip


def _names(number: int) -> tuple[str, str, str]:
    return (
        f"Provider {number % 1000:04}",
        f"Product {number % PRODUCTS:05}",
        f"{number % 9}.{number // PRODUCTS}",
    )


def _filler(number: int) -> Digest:
    return Digest.sha256(b"filler %d" % number)


def _filled(number: int, now: datetime, verdict: Digest) -> Case:
    results = ("validated", "validated_with_findings", "contradicted", "not_sampled")
    provider, product, version = _names(number)
    payload, entry = _filler(number), 10_000_000 + number
    changed = now + timedelta(seconds=number * 7 % 86_400)
    one = Case(
        payload=payload, organisation=f"org-{number % 100:03}", provider=provider, product=product, version=version,
        subject={"provider": provider}, stage="answered", revision=6, entry=entry, received=now + timedelta(seconds=number),
        changed=changed, result=results[number % 4], waits="officer", verdict=verdict,
    )  # fmt: skip
    if number % QUEUED == QUEUED - 1:
        return one
    return msgspec.structs.replace(
        one, stage="published", waits="nobody", shown_since=changed, posted=one.result, published=payload, publication=entry
    )  # fmt: skip


def inventory(rows: int) -> bytes:
    """What a relying party runs: as many of the filled products, and some that nobody has attested."""
    lines = ["provider,product,version"]
    for number in range(rows):
        provider, product, version = _names(number * (PRODUCTS // rows))
        lines.append(f"{provider},{product if number % 10 else 'Nothing known'},{version}")
    return "\n".join(lines).encode() + b"\n"


def acknowledged(answer: bytes) -> str:
    return str(json.loads(answer)["submission"]["id"])
