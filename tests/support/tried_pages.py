"""For each page of an office, and each form on it, a request that it grants to whoever may."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from tests.support import other_office
from tests.support.everybody import DEFAULTS, TRIES, Make, Scene, Try, Who

from assay.office.federation import Peer
from assay.office.permissions import Target

TYPED = {"content-type": "application/x-www-form-urlencoded"}
BOUNDARY = "x-assay"
FILES = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def typed(make: Make, **values: str) -> Make:
    """A form with *values* in the place of a body of JSON."""

    def made(scene: Scene, who: Who) -> Try:
        tried = make(scene, who)
        return msgspec.structs.replace(tried, body=None, content=urlencode(values).encode(), headers=TYPED)

    return made


def with_file(make: Make, name: str, data: str = "") -> Make:
    """A form with one file, which is empty unless *data* says otherwise."""
    lines = (
        f"--{BOUNDARY}",
        f'content-disposition: form-data; name="{name}"; filename="a"',
        "",
        data,
        f"--{BOUNDARY}--",
        "",
    )
    content = "\r\n".join(lines).encode()

    def made(scene: Scene, who: Who) -> Try:
        return msgspec.structs.replace(make(scene, who), body=None, content=content, headers=FILES)

    return made


def as_in_api(route: str, **values: str) -> Make:
    return typed(TRIES[route], **values)


def pinned(scene: Scene, _: Who) -> Try:
    """Another office that is listened to; a new one where the last was revoked."""
    service, store = scene.world.service, scene.world.desk.federation
    offices = store.offices()
    peer = next((one for one in offices if one.revoked is None), None)
    if peer is None:
        peer = Peer(
            id=f"isles{len(offices)}",
            name=other_office.NAME,
            origin=other_office.ORIGIN,
            trust=service.office.blobs.put(other_office.trust().encode()),
            added=service.now(),
        )
        store.put_office(peer)
    return Try(path={"office": peer.id}, target=Target.office())


CASE = "POST /cases/{payload}"
SEEN = {"revision": "1"}
PAGES: Mapping[str, Make] = {
    "POST /account/tokens": typed(
        DEFAULTS["self"], name="x", days="1", **{"scope:subscription.write": "yes"}
    ),
    "POST /account/tokens/{key}/revoke": as_in_api("DELETE /me/tokens/{key}"),
    "POST /account/passkeys/{key}/remove": as_in_api("DELETE /me/passkeys/{key}"),
    "POST /account/sessions/{key}/end": as_in_api("DELETE /me/sessions/{key}"),
    "POST /submit": with_file(DEFAULTS["any"], "bundle"),
    f"{CASE}/initial": typed(DEFAULTS["case"], **SEEN),
    f"{CASE}/final": typed(DEFAULTS["case"], **SEEN),
    f"{CASE}/approval": typed(DEFAULTS["case"], **SEEN),
    f"{CASE}/rejection": typed(DEFAULTS["case"], **SEEN),
    f"{CASE}/correction": typed(DEFAULTS["case"], **SEEN, reason="x"),
    f"{CASE}/more-time": typed(DEFAULTS["case"], days="1", reason="x"),
    f"{CASE}/extension": typed(DEFAULTS["case"], **SEEN, days="0"),
    f"{CASE}/access": typed(DEFAULTS["case"], reason="x"),
    "GET /access": TRIES["GET /access/grants"],
    "POST /access/{key}/approval": as_in_api("POST /access/grants/{key}/approval", days="1"),
    "POST /access/{key}/refusal": as_in_api("POST /access/grants/{key}/refusal", because="x"),
    "POST /access/{key}/end": as_in_api("DELETE /access/grants/{key}"),
    f"{CASE}/refer": typed(DEFAULTS["published"], **SEEN, to="x", reason="x"),
    "POST /account/login": typed(DEFAULTS["self"], issuer="https://login.example"),
    "POST /organisations/{key}/ci-rules": typed(
        DEFAULTS["organisation"],
        issuer="https://ci.example",
        audience="x",
        claims="sub=x",
        **{"scope:submission.create": "yes"},
    ),
    "POST /ci-rules/{key}/remove": as_in_api("DELETE /ci-rules/{key}"),
    f"{CASE}/request": typed(DEFAULTS["case"], **SEEN),
    f"{CASE}/withdrawal": typed(DEFAULTS["published"], reason="x"),
    f"{CASE}/lapse": typed(DEFAULTS["published"], reason="x"),
    f"{CASE}/hold": typed(DEFAULTS["case"], held="no", because="x"),
    f"{CASE}/erasure": typed(DEFAULTS["case"], reason="court"),
    f"{CASE}/response": with_file(DEFAULTS["case"], "files"),
    f"{CASE}/customers": with_file(DEFAULTS["case"], "list", '{"customers":[]}'),
    f"{CASE}/customers/rows": typed(DEFAULTS["case"], name="x"),
    f"{CASE}/customers/rows/remove": typed(DEFAULTS["case"], row=f"sha256:{'0' * 64}"),
    f"{CASE}/milestones/{{number}}": with_file(
        TRIES["POST /submissions/{payload}/milestones/{number}/reports"], "files"
    ),
    f"{CASE}/assessment": with_file(DEFAULTS["case"], "files"),
    f"{CASE}/evidence": with_file(DEFAULTS["case"], "files"),
    "POST /portfolio": with_file(DEFAULTS["any"], "inventory"),
    "POST /portfolio/feed": typed(DEFAULTS["self"], days="30"),
    "POST /federation": typed(DEFAULTS["office"], name="x", trust="{}"),
    "POST /federation/results": typed(DEFAULTS["office"], document="{}", receipt="{}"),
    "POST /federation/{office}/keys": typed(pinned, document="{}"),
    "POST /federation/{office}/revoke": typed(pinned, reason="x"),
    "POST /subscriptions": typed(DEFAULTS["any"], channel="webhook", target="https://10.0.0.1/"),
    "POST /subscriptions/{key}/remove": as_in_api("DELETE /subscriptions/{key}"),
    "POST /subscriptions/{key}/secret": as_in_api("POST /subscriptions/{key}/secret"),
    "POST /subscriptions/{key}/test": as_in_api("POST /subscriptions/{key}/test"),
    "POST /organisations": typed(DEFAULTS["office"], name="New", kind="assessor"),
    "POST /organisations/{key}/providers": as_in_api("PUT /organisations/{key}/providers"),
    "POST /organisations/{key}/suspend": as_in_api("PUT /organisations/{key}/suspension"),
    "POST /organisations/{key}/restore": as_in_api("DELETE /organisations/{key}/suspension"),
    "POST /organisations/{key}/invitations": typed(
        DEFAULTS["organisation"], name="x", mail="a@people.test", **{"role:provider-member": "yes"}
    ),
    "POST /organisations/{key}/tokens": typed(
        DEFAULTS["organisation"], name="x", days="1", **{"scope:subscription.write": "yes"}
    ),
    "POST /organisations/{key}/signers": typed(DEFAULTS["organisation"], record="{}"),
    "POST /signers/{key}/verify": as_in_api("PUT /signers/{key}/verification"),
    "POST /signers/{key}/end": as_in_api("DELETE /signers/{key}"),
    "POST /tokens/{key}/revoke": as_in_api("DELETE /tokens/{key}"),
    "POST /invitations/{key}/withdraw": as_in_api("DELETE /invitations/{key}"),
    "POST /members/{key}/roles": as_in_api("PUT /members/{key}/roles", **{"role:provider-member": "yes"}),
    "POST /members/{key}/suspend": as_in_api("PUT /members/{key}/suspension"),
    "POST /members/{key}/restore": as_in_api("DELETE /members/{key}/suspension"),
    "POST /members/{key}/recover": as_in_api("POST /members/{key}/recovery", reason="lost"),
    "POST /recoveries/{key}/approval": as_in_api("POST /recoveries/{key}/approval"),
    "POST /recoveries/{key}/refusal": as_in_api("DELETE /recoveries/{key}"),
}
"""Those that ask for more than the thing in their path."""


def made(name: str, on: str) -> Make:
    found = PAGES.get(name) or DEFAULTS[on]
    return found if name.startswith("GET ") or name in PAGES else typed(found)


def sent(scene: Scene, name: str, who: Who, tried: Try) -> Any:
    method, path = name.split(" ", 1)
    return scene.world.client.request(
        method, path.format_map(tried.path), headers={**who.headers, **tried.headers}, content=tried.content, follow_redirects=False
    )  # fmt: skip
