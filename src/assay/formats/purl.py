"""Package URLs, as the purl specification and its type definitions describe them (package-url/purl-spec)."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Self
from urllib.parse import quote, unquote

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

MAX_LENGTH = 8192

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9.-]*\Z")
_KEY = re.compile(r"[a-z][A-Za-z0-9._-]*\Z")
_ANY_KEY = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RUNS = re.compile(r"[-_.]+")
_CHROME_ID = re.compile(r"[a-p]{32}\Z")
_CHROME_VERSION = re.compile(r"\d+(\.\d+){0,3}\Z")

_LOWER_NAMESPACE = frozenset(
    [
        "alpm",
        "apk",
        "bitbucket",
        "brew",
        "composer",
        "deb",
        "git",
        "github",
        "gitlab",
        "golang",
        "hex",
        "npm",
        "qpkg",
        "rpm",
        "vscode-extension",
    ]
)
_LOWER_NAME = frozenset(
    [
        "alpm",
        "apk",
        "bitbucket",
        "bitnami",
        "brew",
        "composer",
        "deb",
        "git",
        "github",
        "gitlab",
        "golang",
        "hex",
        "npm",
        "oci",
        "otp",
        "pub",
        "pypi",
        "vscode-extension",
    ]
)
_NO_NAMESPACE = frozenset(
    ["cargo", "chrome-extension", "conda", "cran", "hackage", "nuget", "oci", "otp", "pypi", "vcpkg"]
)


class Purl(msgspec.Struct, frozen=True, order=True):
    """``pkg:type/namespace/name@version?qualifiers#subpath``, decoded; absent parts are empty. Build with :meth:`of`."""

    type: str
    name: str
    namespace: str = ""
    version: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    """Sorted by key."""
    subpath: str = ""

    @classmethod
    def of(
        cls,
        type: str,  # noqa: A002 - the specification's word
        name: str,
        *,
        namespace: str = "",
        version: str = "",
        qualifiers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        subpath: str = "",
    ) -> Self:
        """Check the parts and bring them into canonical form; :class:`Malformed` where the specification forbids them."""
        if not _TYPE.match(type):
            raise Malformed(
                f"purl type {shown(repr(type), 40)} is not letters, digits, '.' and '-', starting with a letter"
            )
        type = type.lower()  # noqa: A001
        pairs = dict(qualifiers)
        for key in pairs:
            if not _KEY.match(key):
                raise Malformed(f"purl qualifier {shown(repr(key), 40)} is not a lower-case key")
        name = _name(type, name.strip("/"), pairs.get("repository_url", ""))
        namespace = namespace.strip("/")
        if type in _LOWER_NAMESPACE:
            namespace = namespace.lower()
        if type == "huggingface":
            version = version.lower()
        _constrain(type, namespace, name, version)
        found = tuple(sorted((key.lower(), value) for key, value in pairs.items() if value))
        if len({key for key, _ in found}) != len(found):
            raise Malformed("purl has a qualifier twice")
        segments = [segment for segment in subpath.split("/") if segment not in {"", ".", ".."}]
        return cls(type, name, namespace, version, found, "/".join(segments))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a purl; one that is not canonical is brought into canonical form."""
        return cls._parse(text, _KEY)

    @property
    def full_name(self) -> str:
        """Namespace and name: ``@angular/core``, ``github.com/gorilla/mux``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def bare(self) -> str:
        """Without qualifiers and subpath."""
        return str(msgspec.structs.replace(self, qualifiers=(), subpath=""))

    def __str__(self) -> str:
        text = f"pkg:{self.type}/"
        if self.namespace:
            text += "/".join(map(_encode, self.namespace.split("/"))) + "/"
        text += "/".join(map(_encode, self.name.split("/"))) if self.type == "git" else _encode(self.name)
        if self.version:
            text += f"@{_encode(self.version)}"
        if self.qualifiers:
            text += "?" + "&".join(f"{key}={_encode(value)}" for key, value in self.qualifiers)
        if self.subpath:
            text += "#" + "/".join(map(_encode, self.subpath.split("/")))
        return text

    @classmethod
    def _parse(cls, text: str, keys: re.Pattern[str]) -> Self:
        if len(text) > MAX_LENGTH:
            raise TooLarge(f"purl has {len(text)} characters, over {MAX_LENGTH}")
        if text[:4].lower() != "pkg:":
            raise Malformed(f"purl {shown(repr(text), 60)} does not start with 'pkg:'")
        rest, _, subpath = text[4:].partition("#")
        rest, _, query = rest.partition("?")
        kind, slash, path = rest.lstrip("/").partition("/")
        if not slash:
            raise Malformed(f"purl {shown(repr(text), 60)} has no name, expected pkg:type/name")
        path, version = _split_version(path)
        segments = [segment for segment in path.strip("/").split("/") if segment]
        if not segments or path.endswith("/"):
            raise Malformed(f"purl {shown(repr(text), 60)} has an empty name")
        cut = 1 if kind.lower() == "git" else len(segments) - 1
        namespace = [_decode(segment) for segment in segments[:cut]]
        if any("/" in segment for segment in namespace):
            raise Malformed(f"purl {shown(repr(text), 60)} has an encoded '/' in a namespace segment")
        return cls.of(
            kind,
            "/".join(map(_decode, segments[cut:])),
            namespace="/".join(namespace),
            version=_decode(version),
            qualifiers=_qualifiers(query, keys),
            subpath="/".join(map(_decode, subpath.split("/"))),
        )


def canonical(text: str) -> str:
    """The one spelling of a purl; unlike :meth:`Purl.parse` it forgives capitals in qualifier keys."""
    return str(Purl._parse(text, _ANY_KEY))  # noqa: SLF001 - same module


def identity(text: str) -> Purl | None:
    """*text* as a purl for comparing, forgiving as :func:`canonical`; None when it is none (a name, a CPE, broken)."""
    found: Purl | None = None
    with contextlib.suppress(Malformed):  # "no purl" is the answer here, not a failure
        found = Purl._parse(text, _ANY_KEY)  # noqa: SLF001 - same module
    return found


def normalise_name(ecosystem: str, name: str) -> str:
    """*name*, with its namespace, as packages of that purl type are compared.

    PEP 503 for pypi; cargo, whose registry takes ``-`` and ``_`` for the same; lower case where the type ignores case.
    """
    match ecosystem:
        case "pypi":
            return _RUNS.sub("-", name).lower()
        case "cargo":
            return name.lower().replace("_", "-")
        case "pub":
            return name.lower().replace("-", "_")
        case "maven":
            return name.replace(":", "/")
        case "nuget" | "docker":
            return name.lower()
        case _:
            return name.lower() if ecosystem in _LOWER_NAME else name


def _name(kind: str, name: str, repository: str) -> str:
    if not name:
        raise Malformed("purl has an empty name")
    if kind in {"pypi", "pub"}:
        return normalise_name(kind, name)
    if kind in _LOWER_NAME or (kind == "mlflow" and "azuredatabricks.net" in repository):
        return name.lower()
    return name


def _constrain(kind: str, namespace: str, name: str, version: str) -> None:
    if namespace and kind in _NO_NAMESPACE:
        raise Malformed(f"purl of type {kind} has the namespace {shown(repr(namespace), 40)}, expected none")
    if not namespace and kind == "swift":
        raise Malformed("purl of type swift has no namespace, expected the host and owner of the repository")
    if kind == "cpan" and "::" in name:
        raise Malformed(
            f"purl of type cpan names the module {shown(repr(name), 40)}, expected a distribution"
        )
    if kind == "chrome-extension":
        if not _CHROME_ID.match(name):
            raise Malformed(
                f"purl of type chrome-extension has the name {shown(repr(name), 40)}, expected 32 letters a to p"
            )
        if version and not _CHROME_VERSION.match(version):
            raise Malformed(
                f"purl of type chrome-extension has the version {shown(repr(version), 40)}, expected 1 to 4 numbers"
            )


def _split_version(path: str) -> tuple[str, str]:
    """At the last ``@``, unless it starts a segment that is followed by another: ``npm/@scope/name``."""
    head, at, version = path.rpartition("@")
    if not at or ("/" in version and (not head or head.endswith("/"))):
        return path, ""
    return head, version


def _qualifiers(query: str, keys: re.Pattern[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        key, equals, value = pair.partition("=")
        if not equals or not keys.match(key):
            raise Malformed(
                f"purl qualifier {shown(repr(pair), 60)} is not of the form key=value with a lower-case key"
            )
        if key.lower() in found:
            raise Malformed(f"purl has the qualifier {shown(repr(key), 40)} twice")
        found[key.lower()] = _decode(value)
    return found


def _encode(text: str) -> str:
    return quote(text, safe=":")


def _decode(text: str) -> str:
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise Malformed(f"purl part {shown(repr(text), 60)} has a '%' without two hexadecimal digits")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed(f"purl part {shown(repr(text), 60)} is not UTF-8 when decoded") from error
