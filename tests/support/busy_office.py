"""An office with much under way, and what the public may not find of it: each submission has names and files of its own."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
from tests.support import offices, other_office, services
from tests.support.desks import World
from tests.support.offices import NOW, PAYLOAD_TYPE, SINCE
from tests.support.services import DISCLOSURE, POLICY, REVIEW, TEMPLATE

from assay.adapters.memory import FixedClock
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.forgetting import SqlForgetting
from assay.formats.attestation import (
    Artifact,
    Assessment,
    Attestation,
    Claim,
    Contact,
    Provider,
    Release,
    ReleaseDigest,
    Signatory,
)
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import Bundle
from assay.formats.case_documents import Judgement
from assay.formats.customers import Customer, CustomerId
from assay.formats.digest import Digest
from assay.office.bring import Brought
from assay.office.case import Case
from assay.office.determine import Decision, decide_final, request_evidence
from assay.office.erase import erase, hold
from assay.office.extend import ask_for_time
from assay.office.federation import accept, pin
from assay.office.log import receipt
from assay.office.office_policy import OfficePolicy
from assay.office.permissions import Caller, Role
from assay.office.post import correct
from assay.office.receive import receive
from assay.office.referral import Referral, refer
from assay.office.respond import lapse, respond, supply, withdraw
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.sequencer import Sequencer
from assay.office.triage import open_determination
from assay.provider.bundle import committed, salted
from assay.trust.envelope import sign
from assay.trust.root import Signer, TrustedKey
from assay.web.api.gate import Rates

PACK_DATA = (
    services.PACK_DATA
    + b"""\
  - id: own
    title: The evidence is of this release
    wording: The evidence is of this release.
    grade: machine
    evidence: [release]
    needs:
      - shows: The release file was handed in for no other release
        all: [{check: evidence-belongs-to-release, parameters: {kinds: [release]}}]
"""
)
OWN = f"{services.PACK}#own"
SHARED = b"a file that several products have in them"
"""So that the office says of one submission that another one had it."""
GOOD = (
    Judgement(DISCLOSURE, "satisfied", "the file that came with the response is good"),
    Judgement(OWN, "satisfied", "the part is a common one"),
)
POSTED = ("vplain", "vrevised", "vcorrected", "vreopened", "vlapsed", "vwithdrawn", "verased")
TURNED = frozenset({"vreopened", "vlapsed", "vwithdrawn"})
"""Those that the response turned."""
NOBODY, EVERYBODY = (
    Sampling(every_days=1, begin=NOW - timedelta(days=1), strata=(Stratum(name="all", take=take, of=1),))
    for take in (0, 1)
)
DAY = timedelta(days=1)
RATES = Rates(
    account_requests_per_minute=10**6, anonymous_requests_per_minute=10**6, login_attempts_per_minute=10**6
)


class Given(msgspec.Struct, frozen=True):
    """Names and files of one submission: unlike those of any other."""

    word: str

    @property
    def provider(self) -> str:
        return f"{self.word}-provider Works"

    @property
    def product(self) -> str:
        return f"{self.word}-product"

    @property
    def version(self) -> str:
        return f"7.{self.word}.1"

    @property
    def purl(self) -> str:
        return f"pkg:generic/{self.word}-purl@{self.version}"

    @property
    def commit(self) -> str:
        return Digest.sha256(f"{self.word} commit".encode()).value[:40]

    @property
    def wheel(self) -> bytes:
        return f"the release of {self.word}".encode()

    @property
    def policy(self) -> bytes:
        return POLICY.replace(b"lantern", self.word.encode())

    @property
    def template(self) -> bytes:
        return TEMPLATE + self.word.encode()

    @property
    def minutes(self) -> bytes:
        return f"the minutes of {self.word}".encode()

    @property
    def raw(self) -> bytes:
        """Low-level evidence."""
        return f"the raw log of {self.word}".encode()

    @property
    def artifacts(self) -> tuple[bytes, ...]:
        return (self.wheel, self.policy, self.template, self.minutes)


RESTRICTED = (
    "keeper", "desk", "street", "phone", "customer", "signer", "minutes", "pia", "why", "request", "referral", "reason",
    "because", "correction", "second", "assessor",
)  # fmt: skip
"""What is not public of a submission, posted or not, with its word before it: people, customers, names of files, reasons."""


class Submitted(msgspec.Struct, frozen=True):
    given: Given
    payload: Digest
    files: tuple[bytes, ...]
    """That it came with."""


Change = Callable[[Given, Attestation], Attestation]


def attested(given: Given, provider: str, serial: int) -> Attestation:
    word = given.word
    wheel, policy = Digest.sha256(given.wheel), Digest.sha256(given.policy)
    return Attestation(
        serial=f"urn:uuid:00000000-0000-4000-8000-{serial:012}",
        made=NOW,
        kind="new",
        scope="individual_product",
        provider=Provider(provider, f"1 {word}-street", "Harbourtown", "", "1000", "Atlantis", f"https://{word}.test"),
        contact=Contact(f"{word}-desk", "Role", f"1 {word}-street", f"{word}-phone", f"{word}-desk@people.test"),
        releases=(
            Release(
                name=given.product, version=given.version, released=date(2026, 10, 1), purl=given.purl, commit=given.commit,
                files=(ReleaseDigest(f"{given.product}.bin", wheel),),
            ),
        ),
        packs=(services.PACK,),
        claims=(
            Claim(DISCLOSURE, claimed=True, artifacts=(policy,)),
            Claim(OWN, claimed=True, artifacts=(wheel,)),
        ),
        artifacts=(
            Artifact(wheel, f"{given.product}.bin", "release", "Release file", "the release"),
            Artifact(policy, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
            Artifact(Digest.sha256(SHARED), "shared.bin", "release", "Release file", "a part"),
        ),
        signatory=Signatory(f"{word}-keeper", "Chief", date(2026, 10, 30), "chief_executive"),
        notify=True,
    )  # fmt: skip


def whole(_: Given, one: Attestation) -> Attestation:
    return one


def contradicted(given: Given, one: Attestation) -> Attestation:
    false = Digest.sha256(given.template)
    return msgspec.structs.replace(
        one,
        claims=(Claim(DISCLOSURE, claimed=True, artifacts=(false,)), one.claims[1]),
        artifacts=(
            one.artifacts[0],
            Artifact(false, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
            one.artifacts[2],
        ),
    )


def incomplete(_: Given, one: Attestation) -> Attestation:
    return msgspec.structs.replace(one, contact=Contact())


def with_review(given: Given, one: Attestation) -> Attestation:
    document = Digest.sha256(given.minutes)
    artifact = Artifact(document, f"{given.word}-minutes.txt", "document", "Review", "minutes")
    return msgspec.structs.replace(
        one,
        claims=(*one.claims, Claim(REVIEW, claimed=True, artifacts=(document,))),
        artifacts=(*one.artifacts, artifact),
    )


def assessed(given: Given, one: Attestation) -> Attestation:
    """By a third party, whose report is confidential."""
    report = Digest.sha256(given.minutes)
    artifact = Artifact(
        report, f"{given.word}-minutes.txt", "assessment", "Report", "of the assessment", confidential=True
    )
    return msgspec.structs.replace(
        one,
        signatory=None,
        assessment=Assessment(assessor=f"{given.word}-assessor", listing="fedramp_3pao", report=report),
        artifacts=(*one.artifacts, artifact),
    )


def renamed(word: str, one: Attestation) -> Attestation:
    release = msgspec.structs.replace(one.releases[0], name=Given(word).product, purl=Given(word).purl)
    return msgspec.structs.replace(one, releases=(release,))


class Busy:
    """:meth:`post`, then :meth:`begin`; :meth:`go_on` does what nobody may see of what is posted, :meth:`end` what everybody may."""

    def __init__(self) -> None:
        self.world = World(OfficePolicy(sampling=NOBODY), rates=RATES)
        self.serial = 0
        self.cases: dict[str, Submitted] = {}
        self._signing: list[str] = []
        self._trust()

    def case(self, word: str) -> Case:
        return self.world.service.case(self.cases[word].payload)

    def provider(self, word: str) -> Caller:
        organisation = f"org-{word}"
        return services.person(
            self.world.service, Role.PROVIDER_ADMIN, organisation=organisation, name=f"{word}-pia"
        )

    def officer(self) -> Caller:
        return services.officer(self.world.service)

    def submit(self, word: str, change: Change = whole, *, by: str = "", tick: bool = True) -> None:
        """*by*: whose it is, where that is not a provider of its own."""
        given, owner = Given(word), Given(by or word)
        if owner.word not in self._signing:
            self._signing.append(owner.word)
            self._trust()
        self.serial += 1
        one = change(given, attested(given, owner.provider, self.serial))
        bundle = _bundle(given, one, owner)
        case = receive(self.world.service, self.provider(owner.word), bundle, speaks_for=(owner.provider,))
        self.cases[word] = Submitted(given, case.payload, tuple(bundle.artifacts.values()))
        if tick:
            self.world.tick()

    def answer(self, word: str, *files: bytes) -> None:
        respond(
            self.world.service,
            self.provider(word),
            self.cases[word].payload,
            f"{word}-answer",
            Brought(files),
        )

    def decide(self, word: str, *judged: Judgement, tick: bool = True) -> None:
        decision = Decision(
            revision=self.case(word).revision, judgements=judged, consideration=f"{word}-consideration"
        )
        decide_final(self.world.service, self.officer(), self.cases[word].payload, decision)
        if tick:
            self.world.tick()

    def post(self) -> None:
        """Contradicted, turned by a response, validated by a draw, not sampled; one that is erased again; one that is none of it."""
        self.submit("qearly", incomplete)
        for word in POSTED:
            self.submit(word, contradicted)
            self.answer(word, Given(word).policy)
            self.decide(word, *(GOOD if word in TURNED else ()))
        self.submit("vdrawn", with_review)
        self._draw(EVERYBODY)
        read = Judgement(REVIEW, "satisfied", "the minutes name three reviewers")
        self.decide("vdrawn", read, GOOD[1])
        self.submit("vassessed", assessed)
        self.submit("vsampled")
        self._draw(NOBODY)
        self._withdraw("verased")
        self._erase("verased")

    def begin(self) -> None:
        """What is not posted, at each stage; and what another office has recorded of a provider, and not posted."""
        self._listen("qtheirs")
        service = self.world.service
        self.submit("qclosed", incomplete)
        self.world.tick(service.policy.incomplete_days * DAY + DAY)
        self.submit("qincomplete", incomplete)
        for word in ("qdeep", "qasked", "qsupplied"):
            self.submit(word, with_review)
        self._draw(EVERYBODY)
        for word in ("qasked", "qsupplied"):
            self._ask(word)
        supply(
            self.world.service,
            self.provider("qsupplied"),
            self.cases["qsupplied"].payload,
            Brought([Given("qsupplied").raw]),
        )
        for word in ("qunder", "qanswered", "qdetermined"):
            self.submit(word, contradicted)
        ask_for_time(
            self.world.service, self.provider("qunder"), self.cases["qunder"].payload, 3, "qunder-time"
        )
        self.answer("qanswered", Given("qanswered").raw)
        self.answer("qdetermined")
        for word in ("qwithdrawn", "qerased"):
            self.submit(word)
            self._withdraw(word)
        self._erase("qerased")
        self.submit("qcomplete", with_review)
        self.submit("qsecond", by="vplain")
        self.submit("qwaiting", tick=False)

    def go_on(self) -> None:
        """Reopened, revised, referred, held, looked at again, and a correction that is not posted yet. No work is done after it."""
        service = self.world.service
        self.pass_time()
        self.decide("qdetermined", tick=False)
        open_determination(service, self.case("vreopened"))
        decision = Decision(
            revision=self.case("vcorrected").revision, judgements=GOOD, consideration="vcorrected-second"
        )
        correct(service, self.officer(), self.cases["vcorrected"].payload, decision, "vcorrected-correction")
        plain = self.case("vplain")
        referral = Referral(to="vplain-referral", reason="vplain-reason", revision=plain.revision)
        refer(service, self.officer(), plain.payload, referral)
        hold(service, self.case("vplain"), held=True)
        service.keep(self.case("vsampled"), waits="officer", because="vsampled-because")
        self.submit("qrevision", self._revising("vrevised"), by="vrevised", tick=False)

    def end(self) -> None:
        """A withdrawal and a lapse of what is posted: these are public."""
        service = self.world.service
        self.pass_time()
        self._withdraw("vwithdrawn")
        lapse(service, self.provider("vlapsed"), self.cases["vlapsed"].payload, "vlapsed-why", "8.0.0")

    def pass_time(self) -> None:
        clock = self.world.service.office.clock
        assert isinstance(clock, FixedClock)
        clock.moment += timedelta(hours=1)

    def _listen(self, word: str) -> None:
        isles, store = other_office.service(), self.world.desk.federation
        here = self.world.service
        root = other_office.trust().encode()
        pin(store, here, services.person(here, Role.ADMINISTRATOR, name="ada"), other_office.NAME, root)
        case = services.submitted(isles, 1, lambda one: renamed(word, one))
        submission = isles.office.ledger.submission(case.payload)
        assert submission is not None
        envelope = isles.office.blobs.get(submission.envelope)
        accept(store, here, self.officer(), envelope, receipt(isles.office, submission.entry).encode())

    def _ask(self, word: str) -> None:
        asked = [Digest.sha256(Given(word).raw)]
        case = self.case(word)
        request_evidence(
            self.world.service, self.officer(), case.payload, asked, f"{word}-request", case.revision
        )

    def _revising(self, word: str) -> Change:
        return lambda _, one: msgspec.structs.replace(one, kind="revised", replaces=self.cases[word].payload)

    def _withdraw(self, word: str) -> None:
        service = self.world.service
        withdraw(service, self.provider(word), self.cases[word].payload, f"{word}-why")

    def _erase(self, word: str) -> None:
        service = self.world.service
        register, cases = service.office.register, service.cases
        assert isinstance(register, Sequencer)
        assert isinstance(cases, SqlCases)
        erase(service, register, SqlForgetting(cases.engine), self.case(word), "request", actor="console")

    def _draw(self, sampling: Sampling) -> None:
        policy = msgspec.structs.replace(self.world.service.policy, sampling=sampling)
        self.world.service = msgspec.structs.replace(self.world.service, policy=policy)
        services.draw(self.world.service)
        self.world.tick(timedelta(hours=2))

    def _trust(self) -> None:
        """In those who have signed."""
        base = offices.trust()
        more = tuple(
            Signer(
                name=f"{word}-signer", purposes=("provider",), providers=(Given(word).provider,), authority=True,
                keys=tuple(TrustedKey(one.public, SINCE) for one in offices.pair(word)),
            )
            for word in self._signing
        )  # fmt: skip
        trust = msgspec.structs.replace(base, signers=(*base.signers, *more))
        service = self.world.service
        office = msgspec.structs.replace(
            service.office, trust=trust.encode(), packs=((services.PACK, PACK_DATA),)
        )
        self.world.service = msgspec.structs.replace(service, office=office)


def _bundle(given: Given, one: Attestation, owner: Given) -> Bundle:
    word = given.word
    row = Customer(
        name=f"{word}-customer", id=CustomerId(scheme="uei", value=f"{word}-customer-id"),
        contact=f"{word}-customer-mail@people.test", salt="0" * 64,
    )  # fmt: skip
    customers = salted((row,), offices.CountingEntropy().bytes)
    promised = committed(customers)
    promising = msgspec.structs.replace(one, customers=promised.commitment, customer_rows=promised.rows)
    envelope = sign(PAYLOAD_TYPE, encode_attestation(promising), offices.pair(owner.word))
    have = {Digest.sha256(data): data for data in (*given.artifacts, SHARED)}
    named = {artifact.digest for artifact in one.artifacts}
    return Bundle(envelope.encode(), customers, {key: data for key, data in have.items() if key in named})
