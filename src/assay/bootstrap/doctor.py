"""``assay doctor``: looks at everything that an office stands on, running or not, and says what is to be done. Changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, text

from assay.adapters import probes
from assay.adapters.home import Home
from assay.adapters.sql import schema
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.transaction import transaction
from assay.bootstrap import OFFICE_KEYS, OWN_PASSPHRASE, clock, exploited, passphrase_file, restored, stores
from assay.bootstrap.cosigning import witness_file
from assay.bootstrap.dated import EXPLOITED, SNAPSHOT
from assay.bootstrap.go_on import ask_first
from assay.bootstrap.office import DATABASE, MAX_WITNESSES
from assay.bootstrap.rebuild import origin_of
from assay.checks.model import stale
from assay.collect.files import read_plain
from assay.config import environment
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office import health
from assay.office.health import Finding, after, looked
from assay.office.office_policy import LIMIT as MAX_OFFICE_POLICY
from assay.office.office_policy import OfficePolicy
from assay.office_config.model import OfficeConfig
from assay.packs import shipped
from assay.register.quorum import Quorum
from assay.tlog.publish import published
from assay.tlog.read import TileReader
from assay.validation import snapshot
from assay.validation.policy import LIMIT as MAX_POLICY
from assay.validation.policy import Policy

PROBE = b"assay doctor looks whether documents can be kept\n"
SLOW_SYNC_S = 0.1
MIN_POSTGRESQL = 130_000
CHECKS = (
    "settings", "policies", "snapshot", "exploited", "secrets", "files", "passphrase", "keys", "restored", "disk", "sync", "database", "role", "clock",
    "register", "documents", "witnesses", "mail", "proxy",
)  # fmt: skip
"""In the order in which they are looked at; each has its line in docs/guides/operator.md."""


def examine(load: Callable[[], OfficeConfig]) -> Iterator[Finding]:
    """A finding for each of :data:`CHECKS`. *load* reads the settings."""
    try:
        config = load()
    except AssayError as error:
        yield Finding(check="settings", state="fail", said=str(error), advice="see docs/office-settings.md")
        yield from (after(check, "settings") for check in CHECKS[1:])
        return
    yield ok("settings", f"read; the office is reached at {config.url}")
    yield from _Doctor(config).findings()


def ok(check: str, said: str) -> Finding:
    return Finding(check=check, state="ok", said=said)


class _Doctor:
    def __init__(self, config: OfficeConfig) -> None:
        self._config, self._home = config, Home(config.data)
        self._secret = b""
        self._engine: Engine | None = None

    def findings(self) -> Iterator[Finding]:
        yield looked("policies", self._policies, "correct the file; see docs/formats/office-policy.md")
        yield looked("snapshot", self._snapshot, "give the office a snapshot; docs/office-settings.md")
        yield looked("exploited", self._exploited, "assay office exploited FILE")
        yield looked("secrets", self._secrets, "chmod 600, and the office's user as owner")
        yield looked(
            "files",
            self._files,
            "chmod -R go-rwx, and the office's user as owner; only office/register is public",
        )
        yield looked(
            "passphrase",
            self._passphrase,
            "give systemd the credential assay-passphrase, or set ASSAY_PASSPHRASE_FILE",
        )
        yield looked(
            "keys",
            self._keys,
            "bring the keyfile back from where it is backed up; with a wrong passphrase, the passphrase",
        )
        yield looked("restored", self._restored, "assay office go-on --help")
        yield looked("disk", self._disk, "is the data folder mounted?")
        yield looked("sync", self._sync, "is the data folder writable for this user?")
        database = looked("database", self._database, "is the server running, and may the role connect?")
        yield database
        if self._engine is None:
            yield from (
                after(check, "database") for check in ("role", "clock", "register", "documents", "witnesses")
            )
        else:
            with closing(SqlLedger(self._engine)) as ledger:
                yield looked("role", self._role, "see docs/guides/operator.md, Database")
                yield looked("clock", self._clock, "run an NTP client")
                yield looked(
                    "register", lambda: self._register(ledger), "assay register scrub; docs/guides/backup.md"
                )
                yield looked(
                    "documents", self._documents, "is the bucket reachable, and may its key write there?"
                )
                yield looked(
                    "witnesses",
                    lambda: self._witnesses(ledger),
                    "sign nothing until you know why; docs/guides/backup.md",
                )
        yield self._mail()
        yield self._proxy()

    def _policies(self) -> Finding:
        judging = self._config.judging
        if judging.policy is not None:
            Policy.parse(read_plain(judging.policy, limit=MAX_POLICY), what=str(judging.policy))
        if judging.office_policy is not None:
            data = read_plain(judging.office_policy, limit=MAX_OFFICE_POLICY)
            parse = OfficePolicy.parse_toml if judging.office_policy.suffix == ".toml" else OfficePolicy.parse
            parse(data, what=str(judging.office_policy))
        if path := witness_file(self._config):
            Quorum.parse(read_plain(path, limit=MAX_WITNESSES), what=str(path))
        unknown = sorted(set(judging.packs) - set(shipped.refs()))
        if unknown:
            raise Malformed(
                f"pack {unknown[0]!r} is not shipped, expected some of {', '.join(shipped.refs())}"
            )
        return ok("policies", f"read; packs {', '.join(judging.packs or shipped.refs())}")

    def _snapshot(self) -> Finding:
        path = self._config.judging.snapshot
        if path is None:
            return Finding(
                check="snapshot", state="warn", said="no snapshot of advisories: nothing is said about malicious packages",
                advice="set judging.snapshot; docs/office-settings.md",
            )  # fmt: skip
        made, records = snapshot.records(read_plain(path, limit=snapshot.LIMIT), what=str(path))
        said = f"{len(records):,} advisories, as of {made.date()}"
        if why := stale(made, clock().now(), SNAPSHOT.days):
            return Finding(
                check="snapshot",
                state="warn",
                said=f"{said}: it {why}",
                advice="give the office the newest one: it takes it up while it runs",
            )
        return ok("snapshot", said)

    def _exploited(self) -> Finding:
        path = self._config.judging.exploited
        if path is None:
            return Finding(
                check="exploited", state="warn", said="no catalogue of known exploited vulnerabilities: nothing is said about them",
                advice="set judging.exploited; docs/formats/known-exploited.md",
            )  # fmt: skip
        found = exploited.read(path)
        age = clock().now() - found.released
        said = f"{len(found.listed):,} vulnerabilities, as of {found.released.date()}"
        if age > timedelta(days=EXPLOITED.days):
            return Finding(
                check="exploited", state="warn", said=f"{said}, {age.days} days old",
                advice="take the newest one: assay office exploited FILE",
            )  # fmt: skip
        return ok("exploited", said)

    def _secrets(self) -> Finding:
        config = self._config
        paths = [
            config.database.password_file, config.stores.secret_key_file, config.mail.password_file,
            *(one.client_secret_file for one in config.oidc),
        ]  # fmt: skip
        named = [path for path in paths if path is not None]
        for path in named:
            read_plain(path, limit=4096)
        return self._closed("secrets", named, f"{len(named)} files, each its owner's alone")

    def _files(self) -> Finding:
        home = self._home
        if not home.folder.is_dir():
            return Finding(
                check="files", state="unknown", said=f"{home.folder} is not there yet: `assay serve` makes it"
            )
        paths = [*home.keys.folder.glob("*"), *home.office.glob("*.sqlite*")]
        paths += [home.office / name for name in ("openings", stores.BLOBS, stores.SEALED)]
        # Within a folder that only its owner may enter, modes do not matter.
        if not probes.open_to_others([home.folder]):
            return ok("files", f"{home.folder} is its owner's alone")
        return self._closed("files", paths, "keys, openings, documents and database are their owner's alone")

    def _closed(self, check: str, paths: list[Path], said: str) -> Finding:
        found = probes.open_to_others(paths)
        if found:
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            return Finding(
                check=check,
                state="fail",
                said=f"{found[0]}{more}",
                advice="chmod go-rwx what others may read",
            )
        return ok(check, said)

    def _passphrase(self) -> Finding:
        path = passphrase_file(self._home, OFFICE_KEYS[0])
        if path is None:
            return Finding(
                check="passphrase", state="unknown" if not self._founded() else "fail",
                said="none is given, so keys are opened by whoever types it",
                advice="give systemd the credential assay-passphrase, or set ASSAY_PASSPHRASE_FILE",
            )  # fmt: skip
        self._secret = read_plain(path, limit=4096).strip()
        if not self._secret:
            raise Malformed(f"{path} is empty")
        if path == self._home.keys.folder / OWN_PASSPHRASE:
            return Finding(
                check="passphrase", state="warn", said=f"{path} lies beside the keys that it opens",
                advice="move it out of the data folder and its backups, and set ASSAY_PASSPHRASE_FILE",
            )  # fmt: skip
        return self._closed("passphrase", [path], f"read from {path}")

    def _keys(self) -> Finding:
        headers = self._home.keys.headers()
        if not headers:
            return Finding(check="keys", state="unknown", said="there are none yet: `assay serve` makes them")
        if not self._secret:
            return after("keys", "passphrase")
        missing = [name for name in OFFICE_KEYS if name not in {one.name for one in headers}]
        opened = [
            name for name in OFFICE_KEYS if name not in missing and self._home.keys.open(name, self._secret)
        ]
        lost = [one for one in missing if one != stores.STORAGE_KEY or self._config.stores.encrypt]
        if lost:
            raise Unavailable(f"keyfile {lost[0]!r} is missing in {self._home.keys.folder}")
        return ok("keys", f"{', '.join(opened)} open")

    def _restored(self) -> Finding:
        restored.must_be_settled(self._home)
        return ok("restored", "not from a backup, or settled since")

    def _disk(self) -> Finding:
        return health.disk(probes.free_bytes(self._there()), self._config.observing.disk_free_bytes)

    def _sync(self) -> Finding:
        took_s = probes.sync_seconds(self._there())
        said = f"a file is durable after {took_s * 1000:.1f} ms"
        if took_s > SLOW_SYNC_S:
            return Finding(
                check="sync",
                state="warn",
                said=said,
                advice="every answer waits for it: use a disk of its own, or an SSD",
            )
        return ok("sync", said)

    def _there(self) -> Path:
        """The data folder, or the nearest that is there above it."""
        return next(path for path in (self._home.folder, *self._home.folder.parents) if path.is_dir())

    def _founded(self) -> bool:
        return bool(self._config.database.url) or (self._home.office / DATABASE).is_file()

    def _database(self) -> Finding:
        if not self._founded():
            return Finding(
                check="database", state="unknown", said="there is none yet: `assay serve` makes it"
            )
        engine = stores.engine(self._config, self._home)
        found = schema.look(engine)
        if found.form in ("current", "unmarked"):
            self._engine = engine
            return ok("database", f"reached, of form {found.revision or schema.HEAD}")
        engine.dispose()
        if found.form == "empty":
            return Finding(
                check="database", state="unknown", said="reached, and empty: `assay serve` makes its tables"
            )
        advice = (
            "stop the office, make a backup, then `assay office migrate`"
            if found.form == "older"
            else "use the Assay that made it"
        )
        return Finding(
            check="database",
            state="fail",
            said=f"reached, of form {found.revision or found.form}, expected {schema.HEAD}",
            advice=advice,
        )

    def _role(self) -> Finding:
        """That the role may not do more than it must."""
        assert self._engine is not None
        if self._engine.dialect.name != "postgresql":
            return ok("role", "SQLite has none: who may write the file may do everything")
        with transaction(self._engine, reads=True) as connection:
            version, superuser, creates, standby = connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int, rolsuper,"
                    " has_schema_privilege(current_schema(), 'CREATE'), current_setting('synchronous_standby_names')"
                    " FROM pg_roles WHERE rolname = current_user"
                )
            ).one()
        if version < MIN_POSTGRESQL:
            return Finding(
                check="role",
                state="fail",
                said=f"PostgreSQL is version {version}, expected 13 or newer",
                advice="upgrade the server",
            )
        if superuser or creates:
            may = "is a superuser" if superuser else "may make tables"
            return Finding(
                check="role",
                state="warn",
                said=f"the role {may}",
                advice="use one that may only read and write rows; see docs/guides/operator.md, Database",
            )
        return ok(
            "role",
            f"reads and writes rows only; {'a synchronous standby' if standby else 'no synchronous standby'}",
        )

    def _clock(self) -> Finding:
        assert self._engine is not None
        if environment().now:
            return Finding(
                check="clock",
                state="fail",
                said="ASSAY_NOW sets a fixed time",
                advice="unset it: it is for tests",
            )
        if self._engine.dialect.name != "postgresql":
            return ok("clock", "the database is on this machine")
        with transaction(self._engine, reads=True) as connection:
            theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        skew_s = (clock().now() - theirs).total_seconds()
        return health.clock(skew_s, self._config.observing.clock_skew_seconds)

    def _register(self, ledger: SqlLedger) -> Finding:
        log = self._home.trust().log(origin_of(self._home))
        if log is None:
            raise Unavailable(f"{self._home.trust_file} does not know the keys of the register")
        tiles = stores.tiles(self._config, self._home)
        try:
            signed = published(tiles, log.keys)
            if signed is not None:
                TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root).check_edge()
        except (Malformed, Untrusted) as error:
            raise Unavailable(f"the public files are damaged: {error}") from error
        return health.register(ledger.head(), signed, clock().now())

    def _documents(self) -> Finding:
        if self._config.stores.encrypt and not (self._secret and self._home.keys.has(stores.STORAGE_KEY)):
            return after("documents", "keys")
        with stores.blobs(self._config, self._home, self._secret) as blobs:
            if blobs.get(blobs.put(PROBE)) != PROBE:
                raise Unavailable(f"{Digest.sha256(PROBE)} is not what was put")
        if not self._config.stores.encrypt:
            return Finding(
                check="documents",
                state="warn",
                said="kept and read again, not encrypted",
                advice="stores.encrypt = true, in a new office",
            )
        return ok("documents", "kept and read again, encrypted")

    def _witnesses(self, ledger: SqlLedger) -> Finding:
        if witness_file(self._config) is None:
            return Finding(
                check="witnesses", state="warn", said="none: nobody outside can tell that the register shows everybody the same",
                advice="agree with two or more, and name them in judging.witnesses; docs/guides/witness.md",
            )  # fmt: skip
        log = self._home.trust().log(origin_of(self._home))
        if log is None:
            return after("witnesses", "register")
        told = ask_first(self._config, self._home, ledger, stores.tiles(self._config, self._home), log.keys)
        if told is None:
            return Finding(check="witnesses", state="unknown", said="nothing is published yet")
        if told.failed:
            silent = ", ".join(f"{one.witness}: {one.reason}" for one in told.failed)
            state: health.State = "warn" if told.satisfied else "fail"
            return Finding(
                check="witnesses",
                state=state,
                said=silent,
                advice="ask who runs it; receipts stay 'logged' meanwhile",
            )
        return ok("witnesses", f"{', '.join(sorted(told.sizes))} answer and know nothing else")

    def _mail(self) -> Finding:
        if not self._config.mail.url:
            return Finding(
                check="mail",
                state="warn",
                said="none is sent: it is written to a folder",
                advice="set mail.url, or deliver that folder",
            )
        return ok("mail", "set")

    def _proxy(self) -> Finding:
        config = self._config
        if config.url.startswith("https:") and not config.proxy.trusted:
            return Finding(
                check="proxy", state="warn", said="TLS ends elsewhere, and no proxy is trusted: all clients have its address",
                advice="set proxy.trusted, so that rate limits count people and not the proxy",
            )  # fmt: skip
        return ok("proxy", "as it should" if config.proxy.trusted else "none, and none is needed here")


def worst(findings: list[Finding]) -> health.State:
    return health.worst(findings)


def as_document(findings: list[Finding]) -> dict[str, object]:
    return {"state": worst(findings), "checks": msgspec.to_builtins(findings)}
