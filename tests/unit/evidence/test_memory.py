"""What is remembered is what reading gives, takes no more memory than it may, and is nobody's."""

import sys
from collections.abc import Hashable
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.archives import sdist, wheel

from assay.errors import Malformed
from assay.evidence import release
from assay.evidence.memory import Memory, Recent, recalled, weight
from assay.evidence.read import Reading, read
from assay.evidence.release import ReleaseFile
from assay.formats.attestation import Artifact, ArtifactKind
from assay.formats.digest import Digest
from assay.trust.root import TrustRoot

NAME = "lantern-2.1.0-py3-none-any.whl"
AT = datetime(2026, 11, 1, tzinfo=UTC)
LOCK = b"wick==3.0 \\\n    --hash=sha256:" + b"ab" * 32 + b"\n"
puts = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4000)))


def reading(kind: ArtifactKind, name: str, body: bytes, memory: Memory | None = None) -> Reading:
    artifact = Artifact(kind=kind, name=name, digest=Digest.sha256(body))
    return read((artifact,), {artifact.digest: body}, trust=TrustRoot(), at=AT, sigstore=None, memory=memory)


def plain(file: ReleaseFile) -> ReleaseFile:
    """Functions are never equal."""
    return msgspec.structs.replace(file, read=None)


@given(puts)
def test_never_holds_more_than_it_may(asked: list[tuple[int, int]]) -> None:
    recent: Recent[int] = Recent(20_000)
    for key, size in asked:
        recent.put(key, size, size)
        assert recent.held <= 20_000
        assert recent.get(key) == size
    left = {key: found for key in range(21) if (found := recent.get(key)) is not None}
    assert len(left) == len(recent)
    assert left.items() <= dict(asked).items()
    fresh: Recent[int] = Recent(20_000)
    for key, size in left.items():
        fresh.put(key, size, size)
    assert recent.held == fresh.held


def test_forgets_what_was_not_asked_for_longest() -> None:
    recent: Recent[str] = Recent(10_000)
    for key in "abcde":
        recent.put(key, key, 1500)
    assert recent.get("a") == "a"
    recent.put("f", "f", 1500)
    assert [key for key in "abcdef" if recent.get(key)] == list("acdef")


def test_what_would_push_out_the_rest_is_not_kept() -> None:
    recent: Recent[str] = Recent(10_000)
    recent.put("small", "small", 0)
    recent.put("large", "large", 2500)
    assert (recent.get("small"), recent.get("large")) == ("small", None)


def test_what_failed_is_tried_again() -> None:
    recent: Recent[str] = Recent(10_000)
    asked: list[str] = []

    def broken() -> str:
        asked.append("once")
        raise Malformed("no")

    for _ in range(2):
        with pytest.raises(Malformed):
            recalled(recent, "key", broken)
    assert len(asked) == 2
    assert recalled(recent, "key", lambda: "good") == "good"
    assert recalled(recent, "key", broken) == "good"


def test_artifacts_are_read_once() -> None:
    memory = Memory()
    first = reading("lockfile", "requirements.txt", LOCK, memory)
    again = reading("lockfile", "requirements.txt", LOCK, memory)
    assert first == again == reading("lockfile", "requirements.txt", LOCK)
    assert first.exhibits[0][1].value is again.exhibits[0][1].value


@pytest.mark.parametrize(
    ("kind", "name", "body"),
    [
        pytest.param("lockfile", "requirements-dev.txt", LOCK, id="another name"),
        pytest.param("lockfile", "requirements.txt", LOCK + b"\n", id="another byte"),
        pytest.param("analysis", "requirements.txt", LOCK, id="another kind"),
    ],
)
def test_anything_else_is_read_for_itself(kind: ArtifactKind, name: str, body: bytes) -> None:
    memory = Memory()
    before = reading("lockfile", "requirements.txt", LOCK, memory)
    found = reading(kind, name, body, memory)
    assert found == reading(kind, name, body)
    assert [e.value for _, e in found.exhibits] != [e.value for _, e in before.exhibits] or body != LOCK


def test_a_false_name_in_a_bundle_stands_for_nothing() -> None:
    """Whoever gets a bundle past the check of its digests still cannot say what another's bytes mean."""
    memory = Memory()
    artifact = Artifact(kind="lockfile", name="r.txt", digest=Digest.sha256(LOCK))
    other = LOCK.replace(b"wick", b"sham")
    read((artifact,), {artifact.digest: other}, trust=TrustRoot(), at=AT, sigstore=None, memory=memory)
    (_, exhibit), = reading("lockfile", "r.txt", LOCK, memory).exhibits  # fmt: skip
    assert [package.name for package in exhibit.value.packages] == ["wick"]


@pytest.mark.parametrize(
    ("data", "name"),
    [(wheel(), NAME), (sdist(), "lantern-2.1.0.tar.gz"), (b"\x7fELF" + bytes(60), "lantern")],
)
def test_a_release_is_the_same(data: bytes, name: str) -> None:
    memory = Memory()
    alone = plain(release.read(data, name=name))
    assert [plain(release.read(data, name=name, memory=memory)) for _ in range(2)] == [alone, alone]


def test_files_that_were_in_another_release_are_looked_at_once() -> None:
    class Counted(Recent[object]):
        missed = 0

        def get(self, key: Hashable) -> object | None:
            found = super().get(key)
            self.missed += found is None
            return found

    memory = Memory()
    memory.members = counted = Counted(1 << 20)
    release.read(wheel({"lantern/a.py": b"a"}), name=NAME, memory=memory)
    before, counted.missed = counted.missed, 0
    other = wheel({"lantern/b.py": b"a", "lantern/c.py": b"token = 'ghp_'"})
    found = release.read(other, name=NAME, memory=memory)
    assert plain(found) == plain(release.read(other, name=NAME))
    assert (before, counted.missed) == (5, 2)  # the changed RECORD and the new file
    assert found.marked == frozenset({"lantern/c.py"})


def test_a_file_that_is_not_as_declared_is_refused_whatever_is_remembered() -> None:
    memory, good = Memory(), wheel()
    release.read(good, name=NAME, memory=memory)
    # Its CRC-32, in the local header and in the directory alike.
    crc = good[14:18]
    for was, now in ((crc, bytes(4)), (good[60:70], bytes(10))):
        damaged = good.replace(was, now)
        assert damaged != good
        with pytest.raises(Malformed) as told:
            release.read(damaged, name=NAME)
        with pytest.raises(Malformed) as again:
            release.read(damaged, name=NAME, memory=memory)
        assert str(again.value) == str(told.value)


def test_weight_is_about_what_values_take() -> None:
    texts = tuple(f"{number:040}" for number in range(1000))
    real = sum(map(sys.getsizeof, texts)) + sys.getsizeof(texts)
    assert real / 2 < weight(texts) < real * 2
    assert weight({"a": texts}) > weight(texts)
    assert weight(Digest("sha256", "ab" * 32)) > 100
    assert weight(()) < 100
