"""What every way of asking a witness keeps to."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.support.register import KEYS, ORIGIN
from tests.support.serving import served
from tests.support.witnesses import History, Near, cosigners, witness

from assay.adapters.http_client import HttpClient
from assay.adapters.witness_client import HttpWitness
from assay.errors import Malformed, Refused
from assay.formats.note import NoteSignature
from assay.register import checkpoint, cosignature
from assay.tlog.ports import Witness
from assay.tlog.witness import NotConsistent
from assay.web.witness import LIMITS, app

MAIN, FORK = History(), History("fork", 3)
NAME = "witness.example/w1"


@pytest.fixture(params=["near", "http"])
def one(request: pytest.FixtureRequest) -> Iterator[Witness]:
    if request.param == "near":
        yield Near(witness(NAME))
        return
    with served(app(witness(NAME)), LIMITS) as url, closing(HttpClient()) as client:
        yield HttpWitness(url, cosigners(NAME), client)


def test_lines_verify(one: Witness) -> None:
    for old, new in ((0, 5), (5, 5), (5, 8)):
        note = MAIN.note(new)
        lines = one.add_checkpoint(old, MAIN.proof(old, new) if 0 < old < new else (), note)
        assert isinstance(lines, tuple)
        body = checkpoint.open_(note, KEYS).checkpoint
        for line, cosigner in zip(lines, cosigners(NAME), strict=True):
            assert cosignature.verify(body, NoteSignature.parse(line.decode()), cosigner)


def test_another_size_is_answered_with_the_one_it_knows(one: Witness) -> None:
    assert one.add_checkpoint(3, MAIN.proof(3, 5), MAIN.note(5)) == 0
    one.add_checkpoint(0, (), MAIN.note(5))
    assert one.add_checkpoint(0, (), MAIN.note(8)) == 5
    assert one.add_checkpoint(5, (), FORK.note(5)) == 5


def test_what_it_does_not_sign(one: Witness) -> None:
    one.add_checkpoint(0, (), MAIN.note(5))
    with pytest.raises(NotConsistent, match="consistency proof"):
        one.add_checkpoint(5, FORK.proof(5, 8), FORK.note(8))
    with pytest.raises(Refused, match="does not know the log"):
        one.add_checkpoint(5, (), MAIN.note(8).replace(ORIGIN.encode(), b"register.example/none"))
    with pytest.raises(Refused, match="does not verify"):
        one.add_checkpoint(5, MAIN.proof(5, 8), MAIN.note(8).replace(b"\n8\n", b"\n9\n"))
    with pytest.raises((Refused, Malformed), match="larger than the checkpoint's"):
        one.add_checkpoint(9, (), MAIN.note(8))
    assert isinstance(one.add_checkpoint(5, MAIN.proof(5, 8), MAIN.note(8)), tuple)
