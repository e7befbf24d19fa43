"""By which rules an office goes: its policy, what verdicts depend on, the packs that it judges by. All of it is public, by digest."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from assay.formats.digest import Digest
from assay.office.permissions import Action, hidden
from assay.office.revalidate import EXPLOITED, SNAPSHOT, documents
from assay.packs import read
from assay.packs.model import Pack
from assay.web.api.desk import Desk
from assay.web.api.listing import BRIEFLY, listed
from assay.web.api.routes import lists, reads
from assay.web.api.views import Listed

KEPT = {"Cache-Control": BRIEFLY}
YAML = "application/yaml"
Ref = Annotated[
    str,
    PathParameter(
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@[A-Za-z0-9][A-Za-z0-9._-]{0,39}$",
        description="``id@edition``",
    ),
]


class RulesView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Digests of the documents that an office goes by now, as entries, draws and verdicts name them."""

    office_policy: str
    """How it proceeds; at ``/policy/office.json``."""
    policy: str
    """What verdicts depend on; at ``/policy/judging.json``."""
    packs: dict[str, str]
    """By ``id@edition``; at ``/packs/<id@edition>``."""
    snapshot: str
    """Of advisories; empty where it has none. It is not handed out here."""
    exploited: str
    """Catalogue of known exploited vulnerabilities; the same."""


class PackView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    ref: str
    title: str
    status: str
    """Of the regime: in force, struck, a draft, ..."""
    publisher: str
    citation: str
    requirements: int
    digest: str


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @reads("/policy", "The rules that hold now, by digest", "public", Action.POLICY_READ, "any")
    def rules() -> Response[RulesView]:
        service = desk.service
        by = {name: str(digest) for name, digest in documents(service).items()}
        found = RulesView(
            office_policy=str(service.policy.digest),
            policy=by["policy"],
            packs={ref: by[f"pack:{ref}"] for ref, _ in service.office.packs},
            snapshot=by.get(SNAPSHOT, ""),
            exploited=by.get(EXPLOITED, ""),
        )
        return Response(found, headers=KEPT)

    @reads("/policy/office.json", "The office's policy: how it proceeds", "public", Action.POLICY_READ, "any")
    def proceeding() -> Response[msgspec.Raw]:
        return Response(msgspec.Raw(desk.service.policy.encode()), headers=KEPT)

    @reads("/policy/judging.json", "The policy that verdicts depend on", "public", Action.POLICY_READ, "any")
    def judging() -> Response[msgspec.Raw]:
        return Response(msgspec.Raw(desk.service.office.policy), headers=KEPT)

    @lists("/packs", "Packs of requirements that the office judges by", "public", Action.POLICY_READ, "any")
    def index(request: Request[Any, Any, Any]) -> Response[Listed[PackView]]:
        rows = tuple(
            _view(read.parse(data, name=ref), data) for ref, data in sorted(desk.service.office.packs)
        )
        return listed(request, PackView, rows, public=True)

    @reads("/packs/{ref:str}", "One pack, as it is", "public", Action.POLICY_READ, "any")
    def pack(ref: Ref) -> Response[bytes]:
        found = dict(desk.service.office.packs).get(ref)
        if found is None:
            raise hidden()
        return Response(found, media_type=YAML, headers=KEPT)

    return [rules, proceeding, judging, index, pack]


def _view(pack: Pack, data: bytes) -> PackView:
    return PackView(
        ref=pack.ref,
        title=pack.title,
        status=pack.status,
        publisher=pack.source.publisher,
        citation=pack.source.citation,
        requirements=len(pack.requirements),
        digest=str(Digest.sha256(data)),
    )
