"""``assay federation``: other offices and what they say, on the office's own machine."""

from pathlib import Path
from urllib.parse import urlsplit

from assay.adapters.filesystem import read_whole
from assay.bootstrap.service import desk
from assay.client.office import OfficeClient
from assay.errors import Hidden, Malformed, Refused
from assay.formats.digest import Digest
from assay.office import federation, federation_keys
from assay.office.federation import MAX_DOCUMENT, Peer, Query, Shown, Theirs, shown_of
from assay.office.permissions import Action, Caller
from assay.office_config.model import OfficeConfig
from assay.register.key_history import MAX_BYTES as MAX_HISTORY
from assay.register.receipt import MAX_BYTES as MAX_RECEIPT
from assay.trust.root import MAX_BYTES as MAX_TRUST
from assay.web.api.desk import Desk

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are asked without TLS: this machine."""
PAGE = 200


def pin(config: OfficeConfig, name: str, trust: Path) -> Peer:
    data = read_whole(trust, limit=MAX_TRUST)
    with desk(config) as found:
        caller = _console(found)
        made = federation.pin(found.federation, found.service, caller, name, data)
        found.note(caller, Action.FEDERATION_MANAGE, f"office {made.id}")
        return made


def revoke(config: OfficeConfig, office: str, because: str) -> Peer:
    with desk(config) as found:
        caller = _console(found)
        gone = federation.revoke(found.federation, found.service, caller, office, because)
        found.note(caller, Action.FEDERATION_MANAGE, f"office {gone.id}, revoked")
        return gone


def renew(config: OfficeConfig, office: str, document: Path) -> Peer:
    """*document*: the key history of its register, or a signed change of the keys of its results."""
    data = read_whole(document, limit=MAX_HISTORY)
    with desk(config) as found:
        caller = _console(found)
        made = federation_keys.renew(found.federation, found.service, caller, office, data)
        found.note(caller, Action.FEDERATION_MANAGE, f"office {made.id}, keys renewed: {made.trust}")
        return made


def bring(config: OfficeConfig, document: str, receipt: Path | None) -> Theirs:
    """*document* is a file, with its *receipt* beside it, or the URL of a result at the other office."""
    data, proof = (
        _fetched(document)
        if receipt is None
        else (read_whole(Path(document), limit=MAX_DOCUMENT), read_whole(receipt, limit=MAX_RECEIPT))
    )
    with desk(config) as found:
        caller = _console(found)
        made = federation.accept(found.federation, found.service, caller, data, proof)
        found.note(caller, Action.FEDERATION_ACCEPT, f"{made.attestation} of {made.office}")
        return made


def listed(config: OfficeConfig, provider: str, product: str) -> tuple[tuple[Peer, ...], tuple[Shown, ...]]:
    rows: list[Theirs] = []
    with desk(config) as found:
        while True:
            after = rows[-1].position if rows else 0
            page = found.federation.find(Query(provider=provider, product=product, after=after, limit=PAGE))
            rows += page
            if len(page) < PAGE:
                return found.federation.offices(), shown_of(found.federation, rows)


def _fetched(url: str) -> tuple[bytes, bytes]:
    """Result and receipt, from what the other office shows to everybody."""
    parts = urlsplit(url)
    base, _, id_ = url.rstrip("/").rpartition("/results/")
    private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    if not private or not base or parts.query or parts.fragment:
        raise Malformed(
            f"{url[:200]!r} is neither a file with --receipt nor of the form https://office.example/results/ID"
        )
    payload = Digest.of("sha256", id_, what="the result's id")
    client = OfficeClient(base.removesuffix("/api/v1"))
    try:
        return client.result(payload).encode(), client.result_receipt(payload).encode()
    except Hidden as error:
        raise Refused(f"{base} has posted no result {id_[:64]}") from error
    finally:
        client.close()


def _console(found: Desk) -> Caller:
    return Caller.console(found.service.now())
