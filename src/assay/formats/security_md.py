"""SECURITY.md and its kin: prose, so only what can be seen in it. Markdown, reStructuredText or plain text."""

import re

import msgspec

from assay.formats import text

MAX_FILE = 1024 * 1024
MAX_FOUND = 100

_MAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@-])"
)
_SPELT = re.compile(
    r"(?<![\w.+-])([A-Za-z0-9][\w.+-]{0,63}) ?[\[({] ?at ?[\])}] ?((?:[A-Za-z0-9-]{1,63} ?(?:\.|[\[({] ?dot ?[\])}]) ?){1,8})([A-Za-z]{2,24})",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https://|tel:\+?)[^\s<>\"'`)\]}]{3,500}")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(\S.{0,200})")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+])\1{2,}[ \t]*\Z")
_REPORTING = re.compile(r"\b(?:report|disclos|vulnerabilit|notif|contact|e-?mail)\w*", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:\d{1,3}|one|two|three|five|seven|ten|a few|few)[ -](?:(?:business|working|calendar) )?(?:hours?|days?|weeks?)\b",
    re.IGNORECASE,
)
_SUPPORTED = re.compile(r"\bsupported\b|\bsupport(?:s|ing)?\b[^.\n]{0,60}\bversions?\b", re.IGNORECASE)
_PRIVATE = re.compile(
    r"private(?:ly)? (?:vulnerability )?report|report a vulnerability|security (?:advisor|tab)|confidential issue",
    re.IGNORECASE,
)
_TEMPLATE = (
    "Use this section to tell people how to report a vulnerability",
    "Use this section to tell people about which versions of your project are currently being supported",
    "Tell them where to go, how often they can expect to get an update on a reported vulnerability",
)
"""Sentences of the template that the forge offers for a new SECURITY.md."""


class DisclosurePolicy(msgspec.Struct, frozen=True):
    """SECURITY.md: prose, so only what can be seen in it."""

    contacts: tuple[str, ...]
    """mailto:, https: and tel: addresses found in the text."""
    words: int
    sections: tuple[str, ...] = ()
    mentions_reporting: bool = False
    mentions_time: bool = False
    """Says when a reporter hears back."""
    mentions_supported: bool = False
    mentions_private_channel: bool = False
    """Names the forge's own private reporting, which needs no address."""
    placeholder: str = ""
    """A sentence of an unfilled template."""


def parse(data: bytes, *, what: str) -> DisclosurePolicy:
    prose = text.decode(data, what=what, limit=MAX_FILE).replace("\r\n", "\n")
    return DisclosurePolicy(
        contacts=_contacts(prose),
        words=len(re.findall(r"\w+", prose)),
        sections=_sections(prose),
        mentions_reporting=bool(_REPORTING.search(prose)),
        mentions_time=bool(_TIME.search(prose)),
        mentions_supported=bool(_SUPPORTED.search(prose)),
        mentions_private_channel=bool(_PRIVATE.search(prose)),
        placeholder=next((sentence for sentence in _TEMPLATE if sentence in " ".join(prose.split())), ""),
    )


def _contacts(prose: str) -> tuple[str, ...]:
    mails = [f"mailto:{found[0]}" for found in _MAIL.finditer(prose)]
    spelt = [_unspell(*found.groups()) for found in _SPELT.finditer(prose)]
    links = [found[0].rstrip(".,;:!*_") for found in _LINK.finditer(prose)]
    return tuple(dict.fromkeys((*mails, *spelt, *links)))[:MAX_FOUND]


def _unspell(name: str, middle: str, last: str) -> str:
    labels = re.findall(r"[A-Za-z0-9-]+", re.sub(r"[\[({] ?dot ?[\])}]", ".", middle, flags=re.IGNORECASE))
    return f"mailto:{name}@{'.'.join((*labels, last))}"


def _sections(prose: str) -> tuple[str, ...]:
    lines = prose.split("\n")
    found = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        heading = _HEADING.match(line)
        if heading:
            found.append(heading[1].rstrip("# \t"))
        elif line.strip() and len(line) <= 200 and _UNDERLINE.match(following):
            found.append(line.strip())
    return tuple(found[:MAX_FOUND])
