"""The program in docs/formats/receipt.md does what the page says."""

import re
from pathlib import Path

import pytest
from tests.support.register import log, receipt

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "receipt.md"


def program() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (3, 7), (6, 7), (4, 5), (7, 8)])
def test_verifies_by_hand(index: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good = receipt(index, log(size)).encode()
    Path("receipt.json").write_bytes(good)
    exec(program(), {})
    Path("receipt.json").write_bytes(good.replace(b'"salt": "', b'"salt": "AAAA', 1))
    with pytest.raises(AssertionError):
        exec(program(), {})
