"""``assay import``: a filled common form, or a table of attestations, as ``assay.toml``."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from assay import config
from assay.adapters.filesystem import write_whole
from assay.adapters.new_folder import write_new
from assay.collect import pdf_apart
from assay.collect.files import read_pieces, read_plain
from assay.errors import Duplicate, Malformed, Refused, Unavailable
from assay.formats import common_form, common_form_csv
from assay.formats.common_form import FilledForm, Reading
from assay.formats.common_form_fields import MAP_LIMIT, Spellings, parse_map
from assay.formats.form_values import DateOrder
from assay.formats.text import shown
from assay.provider.settings_text import settings

MAX_PDF = 32 * 1024 * 1024
MAX_SHOWN = 8


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    source: Path
    output: Path | None = None
    map: Path | None = None
    dates: DateOrder = ""
    all_items: bool = False
    """Claim all twelve items: whoever signed the form attested to them."""
    force: bool = False
    """Replace an ``assay.toml`` that is there."""


class One(msgspec.Struct, frozen=True):
    written: Path
    reading: Reading
    notes: tuple[str, ...]


class Many(msgspec.Struct, frozen=True):
    written: Path
    attestations: int
    unknown: tuple[str, ...]
    """Columns that were not read."""


def import_form(asked: Asked) -> One | Many:
    """Write what *asked* names. :class:`Faulty` for a table with broken rows: then nothing is written."""
    spellings = Spellings(
        parse_map(read_plain(asked.map, limit=MAP_LIMIT), what=str(asked.map)) if asked.map else None
    )
    what = str(asked.source)
    pieces = read_pieces(asked.source)
    first = next(pieces, b"")
    if b"%PDF-" in first[:1024]:
        pieces.close()
        answer = pdf_apart.read(read_plain(asked.source, limit=MAX_PDF), what=what)
        return _one(asked, common_form.read(answer.fields, spellings, asked.dates), answer.notes)
    if first and asked.source.suffix.lower() == ".pdf":
        raise Malformed(f"{asked.source} is named as a PDF and is none")
    sheet = common_form_csv.open_(chain([first], pieces), spellings, what=what)
    if sheet.below:
        return _one(asked, common_form_csv.one(sheet, spellings, asked.dates), ())
    pieces.close()
    return _many(asked, spellings)


def _one(asked: Asked, reading: Reading, notes: tuple[str, ...]) -> One:
    if not reading.found and not reading.unread:
        named = "; ".join(shown(at, 60) for at in reading.unknown[:MAX_SHOWN]) or "all are empty"
        raise Malformed(
            f"{asked.source} has no field that is known ({named}): say with --map FILE which is which"
        )
    target = asked.output or Path(config.NAME)
    target = target / config.NAME if target.is_dir() else target
    if target.exists() and not asked.force:
        raise Duplicate(f"{target} is there already; --force replaces it")
    open_ = [f"{at}: {reason}" for at, reason in reading.unread]
    open_ += [f"{at}: no field of the form is known to be this" for at in reading.unknown]
    open_ += [f"{at}: not a machine-readable signature; `assay sign` makes one" for at in reading.signatures]
    write_whole(target, _text(asked, reading.form, asked.source.name, (*open_, *notes)))
    return One(target, reading, notes)


def _many(asked: Asked, spellings: Spellings) -> Many:
    """Twice over the table: once to find every fault, and once to write."""
    if asked.output is None:
        raise Refused(f"{asked.source} is a table of attestations: say with --output FOLDER where they go")
    before, after = hashlib.sha256(), hashlib.sha256()
    count = sum(1 for _ in _attested(asked, spellings, before))
    if not count:
        raise Malformed(f"{asked.source} has no row below its headings")
    sheet = common_form_csv.open_(read_pieces(asked.source), spellings, what=str(asked.source))
    unknown = common_form_csv.unknown(sheet, spellings)

    def files() -> Iterator[tuple[str, bytes]]:
        for one in _attested(asked, spellings, after):
            source = f"{asked.source.name}, line {one.line}"
            yield f"{_folder(one.line, one.form)}/{config.NAME}", _text(asked, one.form, source, ())
        if after.digest() != before.digest():
            raise Unavailable(f"{asked.source} changed while it was read")

    return Many(asked.output, write_new(asked.output, files()), unknown)


def _attested(
    asked: Asked, spellings: Spellings, digest: "hashlib._Hash"
) -> Iterator[common_form_csv.Attested]:
    sheet = common_form_csv.open_(
        _digested(read_pieces(asked.source), digest), spellings, what=str(asked.source)
    )
    return common_form_csv.many(sheet, spellings, asked.dates)


def _digested(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _text(asked: Asked, form: FilledForm, source: str, open_: tuple[str, ...]) -> bytes:
    if asked.all_items:
        if not all(form.items.values()) or form.all_items is False:
            raise Refused(f"{source} answers an item with no, so --all-items cannot be said of it")
        form = msgspec.structs.replace(form, all_items=True)
    text = settings(form, source=source, open_=open_).encode()
    try:
        config.parse(text)
    except Malformed as error:
        raise ValueError(f"what was imported is no {config.NAME}: {error}") from error
    return text


def _folder(line: int, form: FilledForm) -> str:
    product = form.products[0] if form.products else None
    name = f"{product.name} {product.version}" if product else form.provider.name
    plain = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:60]
    return f"{line:07}-{plain}" if plain else f"{line:07}"
