"""A filled form as the text of an ``assay.toml``: what the form says and nothing else; what is open stands in comments."""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from assay.formats.common_form import PACK, FilledForm
from assay.formats.common_form_fields import ITEMS
from assay.formats.strict_toml import quoted
from assay.formats.text import shown

MAX_TOLD = 50
"""Lines of what was not read."""


def settings(form: FilledForm, *, source: str, open_: Sequence[str] = ()) -> str:
    """The text; *source* is where the form came from, *open_* what a person has to look at, a line each."""
    return "\n".join((*_head(source, open_), *_parts(form))) + "\n"


def _head(source: str, open_: Sequence[str]) -> Iterator[str]:
    yield f"# From the form {shown(source)}, by `assay import`. Read it over, then: assay attest ."
    yield "# Every key is described in Assay's documentation, docs/settings.md."
    if open_:
        yield "# Not taken over:"
    for line in open_[:MAX_TOLD]:
        yield f"#   {shown(line, 400)}"
    if len(open_) > MAX_TOLD:
        yield f"#   and {len(open_) - MAX_TOLD} more"
    yield ""
    yield "# customers = []     # the form has no list of customers; without any, say so here"
    yield f"packs = [{quoted(PACK)}]"


def _parts(form: FilledForm) -> Iterator[str]:
    yield from _table("[provider]", form.provider)
    yield from _table("[contact]", form.contact)
    yield from _submission(form)
    for product in form.products:
        yield from _table("[[products]]", product)
    yield from _claims(form)
    for milestone in form.milestones:
        yield from _table("[[milestones]]", milestone)
    if form.signatory is not None:
        yield from _table("[signatory]", form.signatory)
    if form.assessment is not None:
        yield from _table("[assessment]", form.assessment)
    if form.attachments:
        yield "\n# Attachments of the form; the form does not say which files they are:"
    for attachment in form.attachments:
        yield '# [[artifacts]]\n# path = ""'
        yield from (f"# {line}" for line in _keys(attachment))


def _submission(form: FilledForm) -> Iterator[str]:
    yield "\n[submission]"
    for name, value in (
        ("kind", form.kind),
        ("scope", form.scope),
        ("extension", form.extension),
        ("replaces", form.replaces),
        ("notify", form.notify),
        ("binds_future_versions", form.binds_future_versions),
    ):
        if value not in (None, ""):
            yield f"{name} = {_value(value)}"


def _claims(form: FilledForm) -> Iterator[str]:
    yield "\n[claims]"
    if form.all_items:
        yield f'{quoted(PACK)} = "all"'
        return
    claimed = [item for item in ITEMS if form.items.get(item)]
    if claimed:
        yield f"{quoted(PACK)} = [{', '.join(map(quoted, claimed))}]"
    elif not form.items and form.all_items is None:
        yield "# The form does not answer the items one by one. If signing it attested all of them:"
        yield f'# {quoted(PACK)} = "all"'


def _table(head: str, value: msgspec.Struct) -> Iterator[str]:
    yield f"\n{head}"
    yield from _keys(value)


def _keys(value: msgspec.Struct) -> Iterator[str]:
    for name, found in msgspec.structs.asdict(value).items():
        if found not in (None, ""):
            yield f"{name} = {_value(found)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else quoted(str(value))
