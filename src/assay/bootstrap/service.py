"""An office as a service, by its settings: one process on SQLite and a folder, or many on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from assay.adapters.engine import this_engine
from assay.adapters.examiners import Examiners
from assay.adapters.grouped_blobs import GroupedBlobs
from assay.adapters.home import Home
from assay.adapters.observing.metrics import Meter, NoMeter
from assay.adapters.sigstore import OfflineSigstore
from assay.adapters.sql.accesses import SqlAccesses
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.federation import SqlFederation
from assay.adapters.sql.holdings import SqlHoldings
from assay.adapters.sql.inventories import SqlInventories
from assay.adapters.sql.repeats import SqlRepeats
from assay.adapters.system import SystemEntropy
from assay.bootstrap import OWN_PASSPHRASE, clock, copied, now, outgoing, restored, stores
from assay.bootstrap.beacons import check_beacon, described
from assay.bootstrap.dated import Dated
from assay.bootstrap.go_on import ask_first
from assay.bootstrap.identity import Trust, identity
from assay.bootstrap.kept import Kept, kept, leading
from assay.bootstrap.office import (
    DATABASE,
    LOG_ALGORITHMS,
    NEXT,
    changed_keys,
    kept_passphrase,
    log_secrets,
    origin_of,
    policy_of,
    read_passphrase,
    signer,
    trust_register,
)
from assay.collect.files import read_plain
from assay.config import environment
from assay.errors import Unavailable
from assay.formats.first_use import learn
from assay.office.drawing import schedule
from assay.office.inventories import rated
from assay.office.log import check_keys, found
from assay.office.office import Office
from assay.office.office_policy import OfficePolicy
from assay.office.ready import looks
from assay.office.revalidate import look_around
from assay.office.service import Service
from assay.office_config.model import OfficeConfig
from assay.packs import shipped
from assay.provider import signers
from assay.register.identity import LogSecrets
from assay.validation.policy import Policy
from assay.web.api.bodies import Bodies
from assay.web.api.desk import Desk
from assay.web.api.gate import Gate, Rates

OFFICE_KEY, LOG_KEY = "office", "register"
MAX_POLICY = 1 << 20


@contextmanager
def desk(config: OfficeConfig, meter: Meter = NoMeter()) -> Iterator[Desk]:  # noqa: B008 - it holds nothing
    """Everything that a server needs; the office is founded where there is none.

    On SQLite the folder is held for this process until the end; on PostgreSQL any number may serve one office.
    """
    learn()
    home = Home(config.data)
    home.prepare()
    policy = _proceeding(config)
    beacon = None if config.judging.beacon is None else described(config.judging.beacon)
    check_beacon(beacon, policy.sampling.beacon)
    dated = Dated(config.judging.snapshot, config.judging.exploited, clock())
    with ExitStack() as stack:
        if beacon is not None:
            stack.callback(beacon.close)
        alone = stack.enter_context(ExitStack())
        alone.enter_context(home.locked())
        restored.must_be_settled(home)
        there = copied.shared(config, home)
        storage = (stores.STORAGE_KEY,) if config.stores.encrypt else ()
        copied.must_have_keys(home, there, (LOG_KEY, OFFICE_KEY, *storage))
        secret = office_passphrase(home)
        home.keys.begin((LOG_KEY, OFFICE_KEY, stores.STORAGE_KEY), secret)
        log = _log(home, secret)
        signing = signer(home, OFFICE_KEY, "office", secret, trial=False)
        origin = origin_of(home, config.host)
        copied.must_be_its_keys(home, there, origin, log.public(origin))
        keys = trust_register(home, log.public(origin))
        if config.database.url:
            alone.close()
        opened = stack.enter_context(stores.blobs(config, home, secret))
        blobs = opened if config.stores.blobs else GroupedBlobs(opened)
        tiles = stores.tiles(config, home)
        rows = stack.enter_context(
            kept(
                config, home, tiles, log, origin, lambda ledger: ask_first(config, home, ledger, tiles, keys)
            )
        )
        office = Office(
            name=config.name,
            origin=origin,
            blobs=blobs,
            ledger=rows.ledger,
            register=rows.register,
            clock=clock(),
            entropy=SystemEntropy(),
            log=log,
            keys=keys,
            signing=signing.keys,
            trust=home.trust().encode(),
            policy=_judging(home, config),
            packs=tuple((ref, shipped.data(ref)) for ref in config.judging.packs or shipped.refs()),
            snapshot=dated.snapshot,
            exploited=dated.exploited,
            engine=this_engine(),
            sigstore=OfflineSigstore(),
        )
        office = _with_its_keys(config, home, office, secret)
        _begin_register(rows, home, office)
        examiner = None
        if (
            config.work.processes
        ):  # where nobody validates, what an officer asks for is computed by whoever serves
            examiner = Examiners(config.work.processes, sigstore=OfflineSigstore)
            stack.callback(examiner.close)
        inventories = SqlInventories(rows.engine)
        service = Service(
            office=office,
            cases=SqlCases(rows.engine),
            work=SqlWork(rows.engine),
            policy=policy,
            sealed=blobs,
            examiner=examiner,
            beacon=beacon,
            public=tiles,
            rated=partial(rated, inventories),
        )
        _begin(service)
        people = identity(config, rows.engine)
        trust = Trust(home.trust(), people)

        def live() -> Service:
            return _judging_by(service, trust.now(), dated.snapshot, dated.exploited)

        holdings = SqlHoldings(rows.engine, config.limits.provider_bytes, config.limits.submission_bytes)
        yield Desk(
            live=live,
            identity=people,
            holdings=holdings,
            subscribing=outgoing.subscribing(config, signing.keys, rows.engine),
            reception=outgoing.reception(config, blobs, holdings, rows.engine),
            accesses=SqlAccesses(rows.engine),
            url=config.origin,
            tiles=tiles,
            inventories=inventories,
            federation=SqlFederation(rows.engine),
            import_rows=config.limits.import_rows,
            repeats=SqlRepeats(rows.engine),
            gate=Gate(msgspec.convert(config.limits, Rates, from_attributes=True), meter),
            meter=meter,
            bodies=msgspec.convert(config.limits, Bodies, from_attributes=True),
            proxies=config.proxy.networks,
            looks=looks(live),
            reread=dated.looks,
            security=lambda at: config.security.text(config.origin, at),
        )


def _judging_by(service: Service, trust: bytes, snapshot: bytes | None, exploited: bytes | None) -> Service:
    """*service* itself while it judges by these."""
    base = service.office
    if trust == base.trust and snapshot is base.snapshot and exploited is base.exploited:
        return service
    office = msgspec.structs.replace(base, trust=trust, snapshot=snapshot, exploited=exploited)
    return msgspec.structs.replace(service, office=office)


def _with_its_keys(config: OfficeConfig, home: Home, office: Office, secret: bytes) -> Office:
    """A change of the register's keys that an earlier process began is finished first."""
    if not home.keys.has(LOG_KEY + NEXT):
        return office
    done = changed_keys(home, office, leading(office.register), secret, LOG_KEY)
    if done is not office and config.database.url:
        raise Unavailable("a change of the register's keys that was begun is finished now: start again")
    return done


def _begin_register(rows: Kept, home: Home, office: Office) -> None:
    with rows.founding():
        found(office)
    check_keys(office)
    restored.record_loss(home, office)


def _begin(service: Service) -> None:
    """What each start looks for."""
    schedule(service)
    look_around(service)


def office_passphrase(home: Home) -> bytes:
    """From ASSAY_PASSPHRASE_FILE or the systemd credential; else from a file beside the keys, made at the first start."""
    variables = environment()
    path = variables.passphrase_file
    if path is None and variables.credentials is not None:
        path = variables.credentials / "assay-passphrase"
    if path is None:
        return kept_passphrase(home.keys.folder / OWN_PASSPHRASE, "the office's keys")
    return read_passphrase(path, "the office's keys")


def _log(home: Home, secret: bytes) -> LogSecrets:
    if not home.keys.has(LOG_KEY):
        if (home.office / DATABASE).exists():
            raise Unavailable(
                f"the keyfile {LOG_KEY!r} is missing in {home.keys.folder}, though there is a database: bring it back"
            )
        made = signers.make(
            LOG_KEY, "log", SystemEntropy().bytes, now(), trial=False, algorithms=LOG_ALGORITHMS
        )
        home.keys.save(made, secret, SystemEntropy())
    return log_secrets(home, LOG_KEY, secret)


def _judging(home: Home, config: OfficeConfig) -> bytes:
    if config.judging.policy is not None:
        return Policy.parse(
            read_plain(config.judging.policy, limit=MAX_POLICY), what=str(config.judging.policy)
        ).encode()
    return policy_of(home).encode()


def _proceeding(config: OfficeConfig) -> OfficePolicy:
    path: Path | None = config.judging.office_policy
    if path is None:
        return OfficePolicy(name=config.name)
    data = read_plain(path, limit=MAX_POLICY)
    return (
        OfficePolicy.parse_toml(data, what=str(path))
        if path.suffix == ".toml"
        else OfficePolicy.parse(data, what=str(path))
    )
