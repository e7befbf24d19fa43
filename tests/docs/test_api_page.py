"""docs/api.md and the published description are those of the office's routes."""

from tools.api import PAGE, made


def test_they_are_what_would_be_written() -> None:
    found = made()
    stale = [path.name for path, text in found.items() if path.read_text() != text]
    assert stale == [], "run python tools/api.py"
    assert found[PAGE].count("\n| `") > 80
