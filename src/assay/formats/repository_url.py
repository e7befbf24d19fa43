"""The same repository under its many spellings, brought to one.

For comparing only. Scheme, user, port, ``.git``, reference and letter case are dropped: the big forges ignore case, and
two spellings of one repository must never look like two repositories.
"""

import re

MAX_LENGTH = 4096

_URL = re.compile(
    r"(?:git\+|scm:git:)?(?:https?|ssh|git)://(?P<authority>[^/?#]*)/(?P<path>[^?#]*)", re.IGNORECASE
)
_SCP = re.compile(
    r"(?:[\w.-]{1,64}@(?P<host>[\w.-]{1,255})|(?P<dotted>[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})):(?!//)(?P<path>[^?#]*)"
)
_PURL = re.compile(r"pkg:(?P<forge>github|gitlab|bitbucket)/(?P<path>[^?#]*)", re.IGNORECASE)
_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


def canonical(text: str) -> str:
    """``host/path`` in lower case; empty when *text* is no repository address.

    Reads ``https``, ``ssh``, ``git`` and ``git+`` URLs, the ``user@host:path`` form and purls of forges; a trailing
    ``@reference`` (SPDX and SLSA write ``git+https://host/path@refs/tags/v1``) is left out.
    """
    if len(text) > MAX_LENGTH:
        return ""
    text = text.strip()
    if match := _PURL.match(text):
        host, path = _FORGES[match["forge"].lower()], match["path"]
    elif match := _URL.match(text):
        host, path = _host(match["authority"]), match["path"]
    elif match := _SCP.match(text):
        host, path = match["host"] or match["dotted"], match["path"]
    else:
        return ""
    parts = [part for part in path.partition("@")[0].split("/") if part]
    if not host or not parts:
        return ""
    parts[-1] = parts[-1].removesuffix(".git")
    return "/".join((host, *parts)).lower() if parts[-1] else ""


def same(one: str, other: str) -> bool | None:
    """Whether both name one repository; None when either is no address that can be compared."""
    first, second = canonical(one), canonical(other)
    return first == second if first and second else None


def _host(authority: str) -> str:
    name = authority.rpartition("@")[2]
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
