"""What a file in a source tree is for, by its path alone: tests and documentation hold keys that open nothing."""

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_TEST = frozenset({
    "bench", "benchmark", "benchmarks", "cassette", "cassettes", "conformance", "demo", "demos", "dev", "devel", "development",
    "example", "examples", "fixture", "fixtures", "insecure", "interop", "localhost", "recordings", "replay", "sample", "samples",
    "selfsigned", "snakeoil", "spec", "specs", "stub", "stubs", "vector", "vectors", "wycheproof",
})  # fmt: skip
_TEST_STARTS = ("test", "mock", "dummy", "fake")
_TEST_ENDS = ("test", "tests")
_NOT_TEST = frozenset(
    {"attest", "contest", "fastest", "greatest", "latest", "protest", "testament", "testimony"}
)
_DOCUMENT = frozenset(
    {"doc", "docs", "documentation", "howto", "howtos", "tutorial", "tutorials", "changelog", "readme"}
)
_DOCUMENT_ENDS = (".adoc", ".htm", ".html", ".ipynb", ".md", ".rst", ".txt", "/metadata", "/pkg-info")


def of(path: str) -> str:
    """``tests`` (examples and fixtures too), ``documentation``, or empty for anything else."""
    words = {word.lower() for word in _WORD.findall(path)} - _NOT_TEST
    if words & _TEST or any(w.startswith(_TEST_STARTS) or w.endswith(_TEST_ENDS) for w in words):
        return "tests"
    if words & _DOCUMENT or path.lower().endswith(_DOCUMENT_ENDS):
        return "documentation"
    return ""
