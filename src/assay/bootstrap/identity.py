"""The identity side of an office, as its settings say; and whom the office trusts because of it."""

import threading
from datetime import timedelta

from sqlalchemy import Engine

from assay.adapters.http_client import HttpClient
from assay.adapters.oidc import Issuer, OidcIssuers
from assay.adapters.oidc_discovery import over_http
from assay.adapters.oidc_login import Client, OidcLogin, form_over_http
from assay.adapters.passkeys import WebAuthnPasskeys
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.system import SystemEntropy
from assay.bootstrap import clock
from assay.collect.files import read_plain
from assay.formats import text
from assay.office.identity.identity import Identity, Limits
from assay.office.identity.organisation import Organisation, Signer
from assay.office.identity.signers import counting, with_signers
from assay.office_config.model import Issuer as Configured
from assay.office_config.model import OfficeConfig
from assay.trust.root import TrustRoot

STAFF_BACK = "/login/return"
"""Path that browsers come back to from an issuer where people log in."""
MAX_SECRET = 4096


def identity(config: OfficeConfig, engine: Engine) -> Identity:
    client = HttpClient()
    jobs = [
        Issuer(issuer=one.issuer, audiences=(one.audience or config.origin,))
        for one in config.oidc
        if one.kind != "staff"
    ]
    staff = [
        Client(issuer=one.issuer, id=one.client_id, secret=_secret(one))
        for one in config.oidc
        if one.kind == "staff"
    ]
    fetch = over_http(client)
    return Identity(
        identities=SqlIdentities(engine),
        passkeys=WebAuthnPasskeys(site=config.host, name=config.name, origins=[config.origin]),
        issuers=OidcIssuers(jobs, fetch),
        staff=OidcLogin(staff, config.origin + STAFF_BACK, fetch, form_over_http(client)) if staff else None,
        clock=clock(),
        entropy=SystemEntropy(),
        limits=Limits(
            session=timedelta(hours=config.identity.session_hours),
            confirmed=timedelta(minutes=config.identity.step_up_minutes),
            token=timedelta(days=config.identity.token_days),
            invitation=timedelta(hours=config.identity.invitation_hours),
        ),
    )


class Trust:
    """What the office trusts: its own file, and the signers of providers that were verified since."""

    def __init__(self, base: TrustRoot, identity: Identity) -> None:
        self._base, self._identity = base, identity
        self._lock = threading.Lock()
        self._changes = -1
        self._root = base.encode()

    def now(self) -> bytes:
        """As of this moment: a signer that was ended by whatever process counts no more."""
        with self._identity.identities.read() as rows:
            changes = rows.changes(Organisation, Signer)
            if changes == self._changes:
                return self._root
            held = counting(rows)
        root = with_signers(self._base, held).encode()
        with self._lock:
            if changes > self._changes:
                self._root, self._changes = root, changes
        return root


def _secret(issuer: Configured) -> str:
    path = issuer.client_secret_file
    return "" if path is None else text.decode(read_plain(path, limit=MAX_SECRET), what=str(path)).strip()
