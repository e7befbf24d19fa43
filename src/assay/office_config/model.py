"""The settings. Their descriptions are part of the types: the commented file and the page of settings are made from them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from assay.formats import security_txt
from assay.formats.security_txt import SecurityTxt
from assay.formats.text import shown
from assay.office_config import values

BUCKETS = ("s3://", "gs://", "az://")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Bytes = Annotated[int, Meta(ge=1024, le=1 << 44)]


def _said(description: str) -> Meta:
    return Meta(description=description)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Database(Table, frozen=True, kw_only=True):
    url: Annotated[str, _said("postgresql://role@host/database; empty: a SQLite file in the data folder")] = (
        ""
    )
    password_file: Annotated[Path | None, _said("file with the role's password, unless ~/.pgpass has it")] = (
        None
    )

    def __post_init__(self) -> None:
        if self.url:
            values.url(self.url, "database.url", ("postgresql",))


class Stores(Table, frozen=True, kw_only=True):
    blobs: Annotated[str, _said("s3://bucket/prefix, gs:// or az://; empty: a folder in the data folder")] = (
        ""
    )
    tiles: Annotated[str, _said("the same for the register's public files")] = ""
    endpoint: Annotated[str, _said("URL of the bucket's server, where it is not the cloud's own")] = ""
    region: Annotated[str, _said("of the bucket")] = ""
    access_key_id: Annotated[
        str, _said("who asks; empty: as the cloud's own tools find it in the environment")
    ] = ""
    secret_key_file: Annotated[Path | None, _said("file with the secret that belongs to it")] = None
    encrypt: Annotated[bool, _said("whether confidential documents are encrypted where they are kept")] = True

    def __post_init__(self) -> None:
        for key, url in (("blobs", self.blobs), ("tiles", self.tiles)):
            if url and not url.startswith(BUCKETS):
                raise ValueError(f"stores.{key} is {shown(url, 80)!r}, expected {', '.join(BUCKETS)}")
        if self.endpoint:
            values.url(self.endpoint, "stores.endpoint", ("http", "https"))
        if bool(self.access_key_id) and not self.secret_key_file:
            raise ValueError("stores.access_key_id is set, expected stores.secret_key_file with it")


class Mail(Table, frozen=True, kw_only=True):
    url: Annotated[
        str,
        _said("smtps://user@host:465, or smtp://user@host:587 with STARTTLS; empty: mail is written to a folder"),
    ] = ""  # fmt: skip
    password_file: Annotated[Path | None, _said("file with that user's password")] = None
    sender: Annotated[str, _said("address that mail comes from")] = ""

    def __post_init__(self) -> None:
        if self.url:
            values.url(self.url, "mail.url", ("smtp", "smtps"))
            if "@" not in self.sender:
                raise ValueError("mail.url is set, expected an address as mail.sender")


class Judging(Table, frozen=True, kw_only=True):
    packs: Annotated[
        tuple[str, ...], _said("packs that submissions are judged by, as id@edition; empty: all shipped")
    ] = ()
    policy: Annotated[Path | None, _said("policy.json that verdicts depend on")] = None
    office_policy: Annotated[
        Path | None, _said("office-policy.toml: deadlines, sampling, retention, what is posted")
    ] = None
    snapshot: Annotated[
        Path | None, _said("snapshot of advisories, malicious-packages.json; read again when it changes")
    ] = None
    exploited: Annotated[
        Path | None, _said("catalogue of known exploited vulnerabilities (CISA KEV, JSON); read again when it changes")
    ] = None  # fmt: skip
    witnesses: Annotated[Path | None, _said("policy of witnesses, with their URLs")] = None
    beacon: Annotated[
        Path | None, _said("description of the public beacon that draws wait for: its URL, chain and key")
    ] = None


class Identity(Table, frozen=True, kw_only=True):
    session_hours: Annotated[Count, _said("until a person logs in again")] = 12
    step_up_minutes: Annotated[
        Count, _said("for which a confirmation by passkey counts for determinations")
    ] = 10
    token_days: Annotated[Count, _said("longest life of an API token")] = 90
    invitation_hours: Annotated[Count, _said("for which a link to register a passkey works")] = 24


class Issuer(Table, frozen=True, kw_only=True):
    """One ``[[oidc]]``."""

    issuer: Annotated[str, _said("URL of the issuer, exactly as its tokens say it")]
    kind: Annotated[
        Literal["github", "gitlab", "staff"], _said("whose tokens: CI jobs, or people who log in")
    ]
    audience: Annotated[str, _said("what tokens must be made out to; empty: the office's URL")] = ""
    client_id: Annotated[str, _said("for login of staff")] = ""
    client_secret_file: Annotated[Path | None, _said("file with the client's secret")] = None

    def __post_init__(self) -> None:
        values.url(self.issuer, "oidc.issuer", ("https",))
        if self.kind == "staff" and not self.client_id:
            raise ValueError("oidc issuer for staff has no client_id")


class Limits(Table, frozen=True, kw_only=True):
    upload_bytes: Annotated[Bytes, _said("of one artifact")] = 1 << 30
    submission_bytes: Annotated[
        Bytes, _said("of all documents of one submission, those uploaded before with it")
    ] = 4 << 30
    provider_bytes: Annotated[Bytes, _said("of all that one provider keeps here")] = 64 << 30
    body_bytes: Annotated[Bytes, _said("of a request to the API that brings no files")] = 1 << 20
    bundle_bytes: Annotated[
        Bytes, _said("of a request that brings files; larger ones are uploaded before, one by one")
    ] = 128 << 20
    import_bytes: Annotated[Bytes, _said("of one CSV file or bill that is imported")] = 128 << 20
    open_uploads: Annotated[Count, _said("unfinished uploads of one provider at a time")] = 64
    upload_hours: Annotated[Count, _said("after which an unfinished upload is thrown away")] = 24
    import_rows: Annotated[Count, _said("of one CSV file")] = 1_000_000
    account_requests_per_minute: Annotated[Count, _said("of one account or token")] = 1_200
    anonymous_requests_per_minute: Annotated[Count, _said("of one address")] = 300
    login_attempts_per_minute: Annotated[Count, _said("of one address")] = 10
    submissions_per_hour: Annotated[Count, _said("of one provider")] = 1_000
    silence_seconds: Annotated[Count, _said("without a byte after which a slow client is sent away")] = 30


class Delivery(Table, frozen=True, kw_only=True):
    attempts: Annotated[Count, _said("at one webhook or mail before it is put aside for a person")] = 12
    timeout_seconds: Annotated[Count, _said("that a receiver has to answer")] = 10
    allow_networks: Annotated[
        tuple[str, ...], _said("private networks that webhooks may reach, as 10.1.0.0/16")
    ] = ()
    allow_ports: Annotated[tuple[Port, ...], _said("that webhooks may go to")] = (443,)
    allow_http: Annotated[bool, _said("whether webhooks may go without TLS, and then to port 80 too")] = False

    def __post_init__(self) -> None:
        values.networks(self.allow_networks, "delivery.allow_networks")


class Proxy(Table, frozen=True, kw_only=True):
    trusted: Annotated[
        tuple[str, ...], _said("addresses or networks of the proxies whose X-Forwarded-For is believed")
    ] = ()

    def __post_init__(self) -> None:
        values.networks(self.trusted, "proxy.trusted")

    @property
    def networks(self) -> tuple[values.Network, ...]:
        return values.networks(self.trusted, "proxy.trusted")


class Work(Table, frozen=True, kw_only=True):
    processes: Annotated[
        int, Meta(ge=0, le=1024), _said("that compute verdicts, beside the server; 0: none on this machine")
    ] = 1
    batch_rows: Annotated[Count, _said("of due work that are claimed at once")] = 32
    lease_seconds: Annotated[Count, _said("after which the work of a process that died is claimed again")] = (
        120
    )


class Observing(Table, frozen=True, kw_only=True):
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _said("from which lines are written")] = "info"  # fmt: skip
    log_format: Annotated[Literal["json", "text"], _said("one JSON object a line, or words")] = "json"
    metrics_listen: Annotated[
        str, _said("address for Prometheus, never the public one; empty: no metrics")
    ] = "127.0.0.1:9464"
    disk_free_bytes: Annotated[Bytes, _said("under which the office is not healthy")] = 2 << 30
    clock_skew_seconds: Annotated[Count, _said("from the database's clock over which it is not healthy")] = 5

    def __post_init__(self) -> None:
        if self.metrics_listen:
            values.address(self.metrics_listen, "observing.metrics_listen")


class Security(Table, frozen=True, kw_only=True):
    contacts: Annotated[
        tuple[str, ...], _said("whom to tell of a vulnerability, as mailto:, https:// or tel:; empty: no security.txt")
    ] = ()  # fmt: skip
    policy: Annotated[str, _said("https:// page of how reports are handled")] = ""
    encryption: Annotated[str, _said("https:// address of a key to encrypt reports for")] = ""
    languages: Annotated[tuple[str, ...], _said("in which reports can be read, as en or pt-BR")] = ()
    days: Annotated[
        int, Meta(ge=1, le=365), _said("for which what security.txt says counts from the day it is read")
    ] = 90

    def __post_init__(self) -> None:
        try:
            self.text("https://office.example", datetime(2026, 1, 1, tzinfo=UTC))
        except ValueError as error:
            raise ValueError(f"security: {error}") from error

    def text(self, origin: str, now: datetime) -> bytes | None:
        """``security.txt`` of the office at *origin*, the same for a day; None where nobody is to be told."""
        if not self.contacts:
            return None
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return security_txt.encode(
            SecurityTxt(
                contacts=self.contacts,
                expires=today + timedelta(days=self.days),
                policy=(self.policy,) if self.policy else (),
                encryption=(self.encryption,) if self.encryption else (),
                canonical=(f"{origin}{security_txt.PATH}",) if origin.startswith("https:") else (),
                languages=self.languages,
            )
        )


class Scitt(Table, frozen=True, kw_only=True):
    enabled: Annotated[
        bool, _said("whether providers may have signed statements recorded (SCRAPI); what they say is public at once")
    ] = False  # fmt: skip


class OfficeConfig(Table, frozen=True, kw_only=True):
    """The whole of ``office.toml``."""

    name: Annotated[str, Meta(min_length=1, max_length=200), _said("of the office, as results say it")] = (
        "Assay office"
    )
    url: Annotated[
        str,
        _said("where people reach it: origin of passkeys, cookies and links; https, or http on this machine"),
    ] = "http://localhost:8080"
    listen: Annotated[str, _said("address and port to listen on, behind the proxy that ends TLS")] = (
        "127.0.0.1:8080"
    )
    data: Annotated[Path, _said("folder of keys, register, documents and database")] = Path(".assay")
    threads: Annotated[Count, _said("that answer requests in one process")] = 16

    database: Database = Database()
    stores: Stores = Stores()
    mail: Mail = Mail()
    judging: Judging = Judging()
    identity: Identity = Identity()
    oidc: tuple[Issuer, ...] = ()
    limits: Limits = Limits()
    delivery: Delivery = Delivery()
    proxy: Proxy = Proxy()
    work: Work = Work()
    observing: Observing = Observing()
    security: Security = Security()
    scitt: Scitt = Scitt()

    def __post_init__(self) -> None:
        values.address(self.listen, "listen")
        parts = values.url(self.url, "url", ("https", "http"))
        if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError(f"url is {shown(self.url, 80)!r}, expected scheme and host only")
        if parts.scheme == "http" and self.host not in LOOPBACK:
            raise ValueError(
                f"url is {shown(self.url, 80)!r}, expected https: passkeys and cookies need it outside this machine"
            )
        if len({one.issuer for one in self.oidc}) != len(self.oidc):
            raise ValueError("oidc names an issuer twice")

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``, as browsers send it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @property
    def host(self) -> str:
        """Without the port; what passkeys are bound to."""
        netloc = urlsplit(self.url).netloc.lower()
        return netloc.partition("]")[0] + "]" if netloc.startswith("[") else netloc.partition(":")[0]

    @property
    def address(self) -> tuple[str, int]:
        return values.address(self.listen, "listen")
