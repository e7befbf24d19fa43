"""The page of webhooks: its list of types is whole, its example is an event, and its receiver receives."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.formats import event
from assay.formats.event import TYPES
from assay.office.webhook import Secret, signed

PAGE = (Path(__file__).parents[2] / "docs/formats/webhook.md").read_text()
SECRET = Secret(bytes(range(32)))
EVENT = "evt_00112233445566778899aabbccddeeff"
BODY = b'{"type":"webhook.test"}'


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_list_of_types_is_whole() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == TYPES


def test_the_example_is_an_event() -> None:
    value = json.loads(block("json"))
    found = event.parse(json.dumps(value).encode())
    assert json.loads(event.encode(found)) == value
    assert [name for name in value if f"| `{name}` |" not in PAGE] == []


@pytest.fixture
def receive() -> Callable[[dict[str, str], bytes], Any]:
    namespace: dict[str, Any] = {}
    exec(compile(block("python"), "webhook.md", "exec"), namespace)
    return namespace["receive"]  # type: ignore[no-any-return]


def headers(seconds: float = 0, secret: Secret = SECRET) -> dict[str, str]:
    return signed(
        EVENT, BODY, datetime.fromtimestamp(time.time() + seconds, UTC), [Secret(b"o" * 32), secret]
    )


def test_the_receiver_takes_an_event_once(receive: Callable[[dict[str, str], bytes], Any]) -> None:
    assert receive(headers(), BODY) == {"type": "webhook.test"}
    assert receive(headers(), BODY) is None


def test_the_receiver_refuses_forgeries(receive: Callable[[dict[str, str], bytes], Any]) -> None:
    for told, body in (
        (headers(-400), BODY),
        (headers(400), BODY),
        (headers(secret=Secret(b"x" * 32)), BODY),
        (headers(), BODY + b" "),
    ):
        with pytest.raises(ValueError, match=r"timestamp|signature"):
            receive(told, body)
    assert receive(headers(), BODY) is not None
