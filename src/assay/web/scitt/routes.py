"""Three resources: keys, registration, receipts; and beside the draft the transparent statement with all receipts."""

import re
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromQuery, PathParameter, RawBody

from assay.crypto.keys import PublicKey
from assay.errors import AssayError, Hidden, Malformed
from assay.formats import cose, cose_key
from assay.formats.b64 import encode as base64
from assay.office.permissions import Action, require_role
from assay.office.statements import receipts, register_statement, transparent_statement
from assay.register.cose_receipt import CoseReceipt
from assay.web.api.access import asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.entrance import entrance
from assay.web.api.routes import Open
from assay.web.scitt import problems
from assay.web.scitt.problems import Absent, BadLocator

KEYS, ENTRIES = "/.well-known/scitt-keys", "/entries"
COSE = "application/cose"
PUBLIC = {"action": Open("anybody may verify what a register says"), "on": "any"}
SHARED = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
UNSEEN = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
_ID = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")
EntryId = Annotated[str, PathParameter(description="Index of the entry in the register, in decimal digits")]
Kid = Annotated[str, PathParameter(description="Key id, in base64url without padding")]


def router(desk: Desk) -> Router:
    @get(KEYS, sync_to_thread=False, include_in_schema=False, opt=PUBLIC)
    def keys() -> Response[bytes]:
        made = cose_key.encode_set([_key(one) for one in _public(desk)])
        return Response(made, media_type=cose_key.MEDIA_TYPE, headers=SHARED)

    @get(KEYS + "/{kid:str}", sync_to_thread=False, include_in_schema=False, opt=PUBLIC)
    def key(kid: Kid) -> Response[bytes]:
        for one in _public(desk):
            if _told(one) == kid:
                return Response(cose_key.encode(_key(one)), media_type=cose_key.MEDIA_TYPE, headers=SHARED)
        raise Absent("No such key", "no key could be found for this kid value")

    @post(
        ENTRIES,
        sync_to_thread=True,
        include_in_schema=False,
        status_code=201,
        opt={"action": Action.STATEMENT_REGISTER, "on": "any"},
    )
    def register(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        caller = asker(request, desk).caller
        require_role(caller, Action.STATEMENT_REGISTER)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != COSE:
            raise Malformed(f"Content-Type is {kind[:80]!r}, expected {COSE}")
        desk.gate.submission(caller.organisation, caller.at)
        names = desk.speaks_for(caller.organisation)
        index = register_statement(desk.service, caller, body, speaks_for=names)
        desk.note(caller, Action.STATEMENT_REGISTER, f"entry {index}")
        return _receipt(desk, index, "")

    @get(ENTRIES + "/{entry:str}", sync_to_thread=True, include_in_schema=False, opt=PUBLIC)
    def receipt(entry: EntryId, alg: FromQuery[str] = "") -> Response[bytes]:
        return _receipt(desk, _index(entry), alg)

    @get(ENTRIES + "/{entry:str}/statement", sync_to_thread=True, include_in_schema=False, opt=PUBLIC)
    def statement(entry: EntryId) -> Response[bytes]:
        try:
            made = transparent_statement(desk.service, _index(entry))
        except Hidden as error:
            raise _absent(entry) from error
        return Response(made, media_type=COSE, headers=UNSEEN)

    return Router(
        path="/",
        route_handlers=[keys, key, register, receipt, statement],
        middleware=[entrance(desk)],
        opt={BODY: "small"},
        exception_handlers={
            HTTPException: problems.of_http,
            AssayError: problems.of_ours,
            Exception: problems.of_fault,
        },
    )


def _receipt(desk: Desk, index: int, algorithm: str) -> Response[bytes]:
    """By the register's Ed25519 key, or the one that *algorithm*, a COSE identifier, asks for."""
    try:
        made = receipts(desk.service, index)
    except Hidden as error:
        raise _absent(str(index)) from error
    by: dict[str, CoseReceipt] = {str(cose.IDENTIFIERS[scheme]): one for scheme, one in made.items()}
    chosen = by.get(algorithm or str(cose.IDENTIFIERS["ed25519"]))
    if chosen is None:
        raise Malformed(f"alg is {algorithm[:40]!r}, expected one of {', '.join(by)}")
    where = {"Location": f"{desk.url}{ENTRIES}/{index}"}
    return Response(chosen.encode(), media_type=COSE, headers={**UNSEEN, **where})


def _index(entry: str) -> int:
    if not _ID.match(entry):
        raise BadLocator(f"entry id is {entry[:80]!r}, expected the index of an entry in decimal digits")
    return int(entry)


def _absent(entry: str) -> Absent:
    return Absent("Not Found", f"receipt with entry ID {entry} not known to this register")


def _public(desk: Desk) -> tuple[PublicKey, ...]:
    """The keys of receipts; entry keys make none."""
    known = desk.service.office.keys
    return (*known.ed25519, *known.ml_dsa_44)


def _key(one: PublicKey) -> dict[int, Any]:
    return cose_key.cose_key(one.algorithm, one.raw, bytes.fromhex(one.keyid))


def _told(one: PublicKey) -> str:
    plain = base64(bytes.fromhex(one.keyid))
    return plain.translate(str.maketrans("+/", "-_")).rstrip("=")
