"""Whether all references differ is told from the text alone only where that is sure."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed
from assay.formats.cdxa_references import _all_differ, _plainly_differ, require_unique

refs = st.sampled_from(["a", "b", "a/b", "a\\b", 'a"', "é", "", "bom-ref", '"bom-ref":"a"'])
keys = st.sampled_from(["bom-ref", "name", "x"])
documents: st.SearchStrategy[Any] = st.dictionaries(
    keys,
    st.recursive(
        refs | st.integers(0, 1), lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12
    ),
)


@given(documents, st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), (",", " :")]))
def test_it_never_overlooks_one(document: Any, ascii_: bool, separators: tuple[str, str]) -> None:
    text = json.dumps(document, ensure_ascii=ascii_, separators=separators)
    for spelled in (text, text.replace("/", "\\/"), text.replace("bom-ref", "b\\u006fm-ref")):
        assert json.loads(spelled) == document
        assert not _plainly_differ(spelled.encode()) or _all_differ(document)


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ('{"bom-ref":"a","x":[{"bom-ref":"b"}]}', True),
        ('{"bom-ref":"a","x":[{"bom-ref":"a"}]}', False),
        ('{"bom-ref":"a/b","x":[{"bom-ref":"a\\\\/b"}]}', False),
        ('{"bom-ref":"a","x":[{"bom-ref": "a"}]}', False),
        ('{"bom-ref":"a","x":[{"b\\\\u006fm-ref":"a"}]}', False),
        ('{"x":[]}', True),
    ],
)
def test_only_the_usual_spelling_proves_it(text: str, sure: bool) -> None:
    assert _plainly_differ(text.encode()) is sure


@given(documents)
def test_the_text_changes_no_answer(document: Any) -> None:
    answers = []
    for text in (b"", json.dumps(document, separators=(",", ":")).encode()):
        try:
            require_unique(document, what="x", text=text)
            answers.append("")
        except Malformed as error:
            answers.append(str(error))
    assert answers[0] == answers[1]
