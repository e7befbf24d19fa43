"""What pages of other sites may read: public answers, without anybody's credentials (the Fetch standard, CORS)."""

from typing import Any

from litestar.types import Send

from assay.office.permissions import RULES, Action, Role
from assay.web.api.messages import Headers, changed

MAX_AGE_S = 86_400
_ANYBODY = [(b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin")]
_READ = (b"access-control-expose-headers", b"ETag, Link, Content-Disposition, Retry-After")
_ASKED = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Accept, If-None-Match"),
    (b"access-control-max-age", str(MAX_AGE_S).encode()),
]


def is_public(handler: Any) -> bool:
    """Whether everybody may read there, and finds the same."""
    action = handler.opt.get("action")
    return isinstance(action, Action) and Role.PUBLIC in RULES[action].grants


def shared(send: Send) -> Send:
    """An answer that pages of any site may read."""
    return changed(send, lambda headers: [*_without(headers), *_ANYBODY, _READ])


def asked(send: Send) -> Send:
    """The answer to a browser that asks before it reads."""
    return changed(send, lambda headers: [*_without(headers), *_ANYBODY, *_ASKED])


def _without(headers: Headers) -> Headers:
    ours = {name for name, _ in _ANYBODY}
    return [(name, value) for name, value in headers if name.lower() not in ours]
