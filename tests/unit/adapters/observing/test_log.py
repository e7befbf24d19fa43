"""Nothing secret and nobody's name gets into the log, whatever is thrown at it; and what is told is all there."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.observing.log import FIELDS, Foreign, Level, Log, standard
from assay.errors import Malformed, Unavailable

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OPERATOR = (Path(__file__).parents[4] / "docs/guides/operator.md").read_text()
SECRETS = (
    "Harbour Bank (fictional)",
    "Lantern Works",
    "correct horse battery staple",
    "mzxw6ytboi4dsnbqge3tqnzrgq2tinjqgu2danzrgm4tkmbv",
    "assay-token mzxw6ytboi4dsnbqge3tqnzrgq2tinjqgu2danzrgm4tkmbv",
    "postgresql://assay:hunter2-of-the-test@db.example/assay",
    "officer@harbour.example",
    "+1 202 555 0100",
    '{"customers": [{"name": "Harbour Bank"}]}',
    "/api/v1/results?provider=Harbour+Bank",
    "Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
    "x" * 5000,
    "two\nlines",
)


class Kept:
    def __init__(self, level: Level = "debug", form: Any = "json") -> None:
        self.text = ""
        self.log = Log(self._write, lambda: NOW, level=level, form=form)

    def _write(self, line: str) -> None:
        self.text += line

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.text.splitlines()]


def test_a_line_is_one_json_object() -> None:
    kept = Kept()
    kept.log(
        "request", route="/api/v1/cases/{payload}", method="GET", status=200, ms=1.23456, request="a" * 32
    )
    assert kept.text.count("\n") == 1
    assert kept.lines == [
        {
            "time": "2026-11-28T12:00:00Z", "level": "info", "event": "request", "route": "/api/v1/cases/{payload}",
            "method": "GET", "status": 200, "ms": 1.235, "request": "a" * 32,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_field_takes_a_secret_or_a_name(secret: str, form: str) -> None:
    kept = Kept(form=form)
    for name in (*FIELDS, "customer", "password", "reason", "event", "time"):
        if name != "event":
            kept.log("happened", "info", **{name: secret})
    kept.log(secret)
    kept.log("happened", "info", **{secret: "x"})
    for error in (ValueError(secret), Malformed(secret), RuntimeError(secret), KeyError(secret)):
        kept.log.failed("work", error, reason=secret)
    assert secret not in kept.text
    assert secret[:30] not in kept.text
    assert "hunter2" not in kept.text
    assert kept.text.count("\n") == len(FIELDS) + 4 + 2 + 4


@pytest.mark.parametrize(
    "reason",
    [
        "cannot connect to postgresql://assay:hunter2@db.example/assay",
        "no answer: password=hunter2 host=db.example",
        "refused: Authorization: Bearer hunter2hunter2",
        "mail to hunter2@harbour.example bounced",
        "sent mzxw6ytboi4dsnbqge3tqnzrhunter2tinjqgu2danzrgm4tkmbv and was sent away",
        "secret: hunter2",
    ],
)
def test_a_reason_of_the_world_is_told_without_what_may_be_secret_in_it(reason: str) -> None:
    kept = Kept()
    kept.log.failed("database", Unavailable(reason))
    (line,) = kept.lines
    assert "hunter2" not in kept.text
    assert "…" in line["reason"]
    assert (line["error"], line["level"]) == ("Unavailable", "warning")


def test_a_plain_reason_is_told_whole() -> None:
    kept = Kept()
    kept.log.failed(
        "register", Unavailable("cannot write /var/lib/assay/office/register/checkpoint: No space left")
    )
    assert kept.lines[0]["reason"].endswith("register/checkpoint: No space left")


def _fault(text: str) -> None:
    raise ValueError(text)


def test_a_fault_is_told_by_its_kind_and_place() -> None:
    kept = Kept()
    try:
        _fault("Harbour Bank")
    except ValueError as error:
        kept.log.failed("request", error, "error")
    (line,) = kept.lines
    assert line["error"] == "ValueError"
    assert line["at"].startswith("test_log.py:")
    assert "reason" not in line


def test_what_is_not_known_is_counted() -> None:
    kept = Kept()
    kept.log("happened", customer="x", status="many", entry=True, ms=float("nan"))
    assert kept.lines[0] | {"time": ""} == {
        "time": "", "level": "info", "event": "happened", "status": "?", "entry": "?", "ms": "?", "dropped": 1,
    }  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)), st.text() | st.integers() | st.floats() | st.none() | st.binary()
    )
)
def test_never_fails_and_never_breaks_a_line(fields: dict[str, Any]) -> None:
    kept = Kept()
    kept.log("happened", **fields)
    assert kept.text.count("\n") == 1
    assert kept.lines[0]["event"] == "happened"


def test_levels() -> None:
    kept = Kept(level="warning")
    kept.log("a", "info")
    kept.log("b", "warning")
    kept.log("c", "error")
    assert [line["event"] for line in kept.lines] == ["b", "c"]


def test_text_for_people() -> None:
    kept = Kept(form="text")
    kept.log("request", "error", status=500, route="/x")
    assert kept.text == "2026-11-28T12:00:00Z error   request status=500 route=/x\n"


def test_libraries_are_told_without_their_words() -> None:
    kept = Kept()
    logger = logging.getLogger("Granian.access.test")
    handler = Foreign(kept.log)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        logger.info("GET /api?token=hunter2")
        logger.warning("GET /api?token=%s", "hunter2")
        try:
            _fault("hunter2")
        except ValueError:
            logger.exception("hunter2")
    finally:
        logger.removeHandler(handler)
    assert "hunter2" not in kept.text
    assert [(line["library"], line["level"], line.get("error")) for line in kept.lines] == [
        ("granian", "warning", None), ("granian", "error", "ValueError"),
    ]  # fmt: skip


def test_the_standard_one_hears_libraries_and_lets_go(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    with standard("info", "json") as log:
        log("started")
        logging.getLogger("some.library").warning("hunter2")
    assert logging.getLogger().handlers == before
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["started", "library"]


def test_every_field_is_documented() -> None:
    assert [name for name in FIELDS if f"`{name}`" not in OPERATOR] == []
    assert len(FIELDS) > 20
