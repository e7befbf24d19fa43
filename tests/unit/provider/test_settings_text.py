"""A form as settings: what is written reads back as what was said, whatever was said."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support import filled_forms

from assay import config
from assay.formats.attestation import Contact, Milestone, Provider
from assay.formats.common_form import PACK, Assessment, Attachment, FilledForm, Product, Signatory
from assay.formats.common_form_fields import ITEMS
from assay.formats.strict_toml import load, quoted
from assay.provider.settings_text import MAX_TOLD, settings

texts = st.text(st.characters(codec="utf-8"), max_size=9) | st.sampled_from(
    ['"', "\\", "'''", '"""', "a\nb", "\x7f\x85\u2028", "# x"]
)
names = texts.filter(bool)
days = st.none() | st.dates()
forms: st.SearchStrategy[FilledForm] = st.builds(
    FilledForm,
    kind=st.sampled_from([None, "new", "revised"]),
    scope=st.sampled_from([None, "company_wide", "individual_product"]),
    extension=texts,
    notify=st.sampled_from([None, True, False]),
    binds_future_versions=st.sampled_from([None, True, False]),
    provider=st.builds(Provider, name=texts, address=texts),
    contact=st.builds(Contact, name=texts, email=texts),
    products=st.lists(st.builds(Product, name=names, version=texts, released=days, purl=texts), max_size=3).map(tuple),
    items=st.dictionaries(st.sampled_from(ITEMS), st.booleans()),
    all_items=st.sampled_from([None, True, False]),
    signatory=st.none() | st.builds(Signatory, name=texts, signed=days, authority=st.sampled_from(["", "designee"])),
    assessment=st.none() | st.builds(Assessment, assessor=texts, report=texts),
    milestones=st.lists(st.builds(Milestone, requirement=names, weakness=texts, due=days), max_size=2).map(tuple),
    attachments=st.lists(st.builds(Attachment, title=texts, description=texts), max_size=2).map(tuple),
)  # fmt: skip


@given(texts)
def test_a_quoted_text_reads_back(text: str) -> None:
    assert load(f"a = {quoted(text)}".encode(), what="t") == {"a": text}


@given(forms, texts, st.lists(texts, max_size=3))
def test_what_is_written_is_what_was_said(form: FilledForm, source: str, open_: list[str]) -> None:
    found = config.parse(settings(form, source=source, open_=open_).encode())
    assert (found.provider, found.contact) == (form.provider, form.contact)
    said = found.submission
    assert (said.kind, said.scope, said.extension) == (form.kind, form.scope, form.extension)
    assert (said.notify, said.binds_future_versions) == (bool(form.notify), bool(form.binds_future_versions))
    assert [(one.name, one.version, one.released, one.purl) for one in found.products] == [
        (one.name, one.version, one.released, one.purl) for one in form.products
    ]
    claimed = tuple(item for item in ITEMS if form.items.get(item))
    expected: dict[str, Any] = {PACK: "all"} if form.all_items else {PACK: claimed} if claimed else {}
    assert found.claims == expected
    assert found.packs == (PACK,)
    assert found.milestones == form.milestones
    assert (found.signatory is None) == (form.signatory is None)
    assert (found.assessment is None) == (form.assessment is None)
    assert found.customers is None
    assert found.artifacts == ()


def test_what_is_open_stands_in_comments() -> None:
    lines = [f"page {number}: x\n[customers]" for number in range(MAX_TOLD + 2)]
    text = settings(FilledForm(), source="f\n.pdf", open_=lines)
    assert "# From the form f .pdf, by" in text
    assert text.count("\n#   page ") == MAX_TOLD
    assert "#   and 2 more\n" in text
    assert '# "cisa-form@2024-03" = "all"' in text


def test_a_form_that_answers_no_item_with_yes_claims_nothing() -> None:
    text = settings(FilledForm(items={"1.a": False}), source="f")
    assert config.parse(text.encode()).claims == {}
    assert "If signing it attested" not in text


def test_a_date_is_a_date() -> None:
    form = FilledForm(signatory=Signatory(signed=date(2026, 10, 30)), products=filled_forms.PRODUCTS)
    assert "\nsigned = 2026-10-30\n" in settings(form, source="f")
