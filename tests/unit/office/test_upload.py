"""Documents that come in pieces."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.held import Held
from tests.support.offices import CountingEntropy

from assay.adapters.memory import FixedClock, MemoryBlobs
from assay.adapters.memory_uploads import MemoryUploads
from assay.errors import AssayError, Forbidden, Hidden, Malformed, TooLarge, Unavailable
from assay.formats.digest import Digest
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.upload import Reception, abandon, append, begin, finish, look, sweep
from assay.office.uploads import OffsetMismatch, Upload, UploadLimits

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WHOLE = bytes(range(256)) * 4
DIGEST = Digest.sha256(WHOLE)
LIMITS = UploadLimits(
    upload_bytes=4096, part_bytes=1000, open_uploads=2, open_bytes=6000, total_bytes=8000, hours=1
)


def caller(organisation: str = "org", role: Role = Role.PROVIDER_MEMBER) -> Caller:
    return Caller(
        at=NOON, id="account:pia", account="pia", organisation=organisation, roles=frozenset({role})
    )


PIA = caller()


class Disk(MemoryBlobs):
    """Fails as soon as *left* calls were made, before or after what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.after = 1_000_000, False

    def put(self, data: bytes) -> Digest:
        self._failing(lambda: super(Disk, self).put(data))
        return Digest.sha256(data)

    def erase(self, digest: Digest) -> None:
        self._failing(lambda: super(Disk, self).erase(digest))

    def _failing(self, do: Callable[[], object]) -> None:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Unavailable("the disk is full")
        do()
        if self.left < 0:
            raise Unavailable("the disk is gone")


class World:
    def __init__(self) -> None:
        self.disk, self.held, self.clock, self.uploads = Disk(), Held(), FixedClock(NOON), MemoryUploads()
        self.at = Reception(
            uploads=self.uploads, blobs=self.disk, holdings=self.held, clock=self.clock, entropy=CountingEntropy(), limits=LIMITS,
        )  # fmt: skip

    def sent(self, *cuts: int, whole: bytes = WHOLE) -> Upload:
        """Begun, and sent up to each of *cuts* in turn."""
        found = begin(self.at, PIA, Digest.sha256(whole), len(whole))
        for end in cuts:
            found = append(self.at, PIA, found.id, found.offset, whole[found.offset : end])
        return found

    @property
    def kept(self) -> set[Digest]:
        return set(self.disk._data)


@pytest.fixture
def world() -> World:
    return World()


@given(st.lists(st.integers(0, len(WHOLE)), max_size=8))
@settings(max_examples=30)
def test_any_cuts_give_the_whole(cuts: list[int]) -> None:
    world = World()
    ends = sorted({*cuts, 500, len(WHOLE)})
    found = world.sent(*ends)
    assert (found.offset, found.complete) == (len(WHOLE), False)
    done = finish(world.at, PIA, found.id)
    assert done.complete
    assert world.disk.get(DIGEST) == WHOLE
    assert world.kept == {DIGEST}
    assert world.held.rows == {("org", DIGEST): len(WHOLE)}


def test_an_empty_document(world: World) -> None:
    found = world.sent(whole=b"")
    assert finish(world.at, PIA, found.id).complete
    assert world.disk.get(Digest.sha256(b"")) == b""


def test_the_same_piece_again_changes_nothing(world: World) -> None:
    found = world.sent(500, 700)
    for offset, end in ((0, 500), (500, 700)):
        assert append(world.at, PIA, found.id, offset, WHOLE[offset:end]) == found
    assert append(world.at, PIA, found.id, 700, b"") == found
    assert len(world.kept) == 2


@pytest.mark.parametrize(
    ("offset", "data"),
    [
        pytest.param(701, WHOLE[701:], id="gap of one"),
        pytest.param(900, b"x", id="gap"),
        pytest.param(699, WHOLE[699:800], id="one byte before"),
        pytest.param(0, WHOLE[:499], id="shorter than before"),
        pytest.param(0, WHOLE[:700], id="two pieces in one"),
        pytest.param(500, bytes(200), id="other bytes"),
        pytest.param(0, b"", id="nothing, elsewhere"),
        pytest.param(-1, b"x", id="before the start"),
        pytest.param(10**20, b"", id="far behind the end"),
    ],
)
def test_what_does_not_follow_is_refused_with_the_offset(world: World, offset: int, data: bytes) -> None:
    found = world.sent(500, 700)
    with pytest.raises(OffsetMismatch, match="goes on at 700") as refused:
        append(world.at, PIA, found.id, offset, data)
    assert refused.value.offset == 700
    assert look(world.at, PIA, found.id) == found
    assert len(world.kept) == 2


def test_limits(world: World) -> None:
    with pytest.raises(TooLarge, match="4097 bytes, over the limit of 4096"):
        begin(world.at, PIA, DIGEST, 4097)
    with pytest.raises(TooLarge):
        begin(world.at, PIA, DIGEST, -1)
    with pytest.raises(Malformed, match="expected sha256"):
        begin(world.at, PIA, Digest.of("sha512", "0" * 128), 5)
    found = world.sent(1000)
    with pytest.raises(TooLarge, match="1001 bytes, over the limit of 1000"):
        append(world.at, PIA, found.id, 1000, bytes(1001))
    with pytest.raises(TooLarge, match="begun for 1024 bytes, these are 1025"):
        append(world.at, PIA, found.id, 1000, bytes(25))
    begin(world.at, PIA, Digest.sha256(b"b"), 100)
    with pytest.raises(TooLarge, match="2 unfinished uploads"):
        begin(world.at, PIA, Digest.sha256(b"c"), 100)


def test_wrong_bytes_are_found_at_the_end_and_nothing_is_kept(world: World) -> None:
    found = world.sent(500)
    append(world.at, PIA, found.id, 500, bytes(524))
    with pytest.raises(Malformed, match=f"expected {DIGEST.value}; begin the upload again"):
        finish(world.at, PIA, found.id)
    assert (world.kept, world.held.rows) == (set(), {})
    with pytest.raises(Hidden):
        look(world.at, PIA, found.id)


@pytest.mark.parametrize("other", [caller("other"), PIA], ids=["other", "same"])
def test_who_knows_only_the_digest_of_a_document_that_is_here_does_not_get_it(
    world: World, other: Caller
) -> None:
    world.disk.put(WHOLE)
    found = begin(world.at, other, DIGEST, 1000)
    append(world.at, other, found.id, 0, bytes(1000))
    with pytest.raises(Malformed):
        finish(world.at, other, found.id)
    assert (world.kept, world.held.rows) == ({DIGEST}, {})


def test_of_two_that_finish_at_once_both_are_told_that_it_is_done(world: World) -> None:
    found = world.sent(500, 1024)

    class Busy(Disk):
        def get(self, digest: Digest) -> bytes:
            if not self.asked:
                self.asked = True
                assert finish(world.at, PIA, found.id).complete
            return super().get(digest)

        asked = False

    busy = Busy()
    busy._data = world.disk._data
    slow = msgspec.structs.replace(world.at, blobs=busy)
    assert finish(slow, PIA, found.id).complete
    assert (world.kept, world.held.rows) == ({DIGEST}, {("org", DIGEST): 1024})


def test_without_a_part_it_is_not_finished(world: World) -> None:
    found = world.sent(500, 1024)
    world.disk.erase(found.parts[1].blob)
    with pytest.raises(Unavailable, match="no blob"):
        finish(world.at, PIA, found.id)
    assert not world.disk.has(DIGEST)


def test_what_is_not_whole_is_not_finished(world: World) -> None:
    found = world.sent(500)
    with pytest.raises(OffsetMismatch, match="500 of 1024 bytes") as refused:
        finish(world.at, PIA, found.id)
    assert refused.value.offset == 500
    assert not world.disk.has(DIGEST)


def test_after_its_end_it_can_be_asked_for_and_finished_again_but_not_added_to(world: World) -> None:
    found = world.sent(500, 1024)
    done = finish(world.at, PIA, found.id)
    assert finish(world.at, PIA, found.id).complete
    asked = look(world.at, PIA, found.id)
    assert (asked.complete, asked.offset) == (done.complete, 1024)
    with pytest.raises(OffsetMismatch, match="is complete"):
        append(world.at, PIA, found.id, 1024, b"x")


def test_begun_twice_it_is_the_same_upload(world: World) -> None:
    found = world.sent(500)
    assert begin(world.at, PIA, DIGEST, 1024) == found
    finish(world.at, PIA, world.sent(500, 1024).id)
    again = begin(world.at, PIA, DIGEST, 1024)
    assert (again.id, again.complete, again.offset) == ("", True, 1024)
    elsewhere = begin(world.at, caller("other"), DIGEST, 1024)
    assert (elsewhere.complete, elsewhere.offset) == (False, 0)


def test_begun_again_after_its_time_it_is_a_new_one(world: World) -> None:
    found = world.sent(500)
    world.clock.moment += timedelta(hours=1)
    again = begin(world.at, PIA, DIGEST, 1024)
    assert (again.id != found.id, again.offset) == (True, 0)


@pytest.mark.parametrize("who", [caller("other"), caller("other", Role.PROVIDER_ADMIN)])
def test_another_organisation_finds_nothing(world: World, who: Caller) -> None:
    found = world.sent(500)
    for ask in (look, finish, abandon):
        with pytest.raises(Hidden):
            ask(world.at, who, found.id)
    with pytest.raises(Hidden):
        append(world.at, who, found.id, 500, b"x")
    assert look(world.at, PIA, found.id) == found


@pytest.mark.parametrize(
    "who", [Caller.public(NOON), caller("office", Role.OFFICER), caller("party", Role.RELYING_PARTY_MEMBER)]
)
def test_whoever_puts_no_artifacts_uploads_nothing(world: World, who: Caller) -> None:
    with pytest.raises(Forbidden):
        begin(world.at, who, DIGEST, 5)


def test_what_is_abandoned_or_forgotten_goes_with_all_its_pieces(world: World) -> None:
    first = world.sent(500)
    abandon(world.at, PIA, first.id)
    assert world.kept == set()
    second = world.sent(500, 600)
    world.clock.moment += timedelta(minutes=59)
    assert sweep(world.at) == 0
    assert append(world.at, PIA, second.id, 600, WHOLE[600:700]).offset == 700
    world.clock.moment += timedelta(minutes=59)
    assert sweep(world.at) == 0
    world.clock.moment += timedelta(minutes=1)
    with pytest.raises(Hidden):
        look(world.at, PIA, second.id)
    assert (sweep(world.at), sweep(world.at)) == (1, 0)
    assert world.kept == set()
    assert world.sent(10).id != second.id


def test_a_document_stays_when_its_upload_goes(world: World) -> None:
    finish(world.at, PIA, world.sent(1000, 1024).id)
    world.clock.moment += timedelta(hours=1)
    assert sweep(world.at) == 1
    assert world.disk.get(DIGEST) == WHOLE


def test_a_piece_that_is_the_whole_of_somebody_elses_document_is_not_theirs(world: World) -> None:
    """Else throwing the piece away would throw the document away."""
    theirs = world.disk.put(WHOLE[:500])
    abandon(world.at, PIA, world.sent(500).id)
    assert world.disk.has(theirs)


def test_without_room_it_waits_for_some(world: World) -> None:
    found = world.sent(1000, 1024)
    world.held.most = 1023
    with pytest.raises(TooLarge, match="keeps 0 bytes"):
        finish(world.at, PIA, found.id)
    assert not world.disk.has(DIGEST)
    world.held.most = 1024
    assert finish(world.at, PIA, found.id).complete


def journey(world: World) -> None:
    """A provider that goes on until the document is there, whatever fails."""
    found = begin(world.at, PIA, DIGEST, len(WHOLE))
    while found.offset < len(WHOLE):
        end = min(len(WHOLE), found.offset + 400)
        found = append(world.at, PIA, found.id, found.offset, WHOLE[found.offset : end])
    if not found.complete:
        finish(world.at, PIA, found.id)


@pytest.mark.parametrize("after", [False, True], ids=["lost", "kept"])
@pytest.mark.parametrize("calls", range(8))
def test_a_disk_that_fails_at_any_moment_leaves_nothing_half_done(
    world: World, calls: int, after: bool
) -> None:
    world.disk.left, world.disk.after = calls, after
    failed = False
    try:
        journey(world)
    except Unavailable:
        failed = True
    assert failed == (calls < 7)
    assert not world.disk.has(DIGEST) or world.disk.get(DIGEST) == WHOLE
    world.disk.left = 1_000_000
    journey(world)
    assert world.disk.get(DIGEST) == WHOLE
    world.clock.moment += timedelta(hours=1)
    sweep(world.at)
    assert world.kept == {DIGEST}


@given(
    st.lists(
        st.tuples(st.integers(0, 1100), st.integers(0, 1100), st.sampled_from([WHOLE, bytes(1100)])),
        max_size=12,
    )
)
@settings(max_examples=60)
def test_whatever_is_sent_only_the_whole_becomes_a_document(tries: list[tuple[int, int, bytes]]) -> None:
    world = World()
    found, offset = begin(world.at, PIA, DIGEST, len(WHOLE)), 0
    for start, end, source in tries:
        try:
            offset = append(world.at, PIA, found.id, start, source[start:end]).offset
        except AssayError:
            continue
        assert offset == look(world.at, PIA, found.id).offset
    try:
        finish(world.at, PIA, found.id)
    except AssayError:
        assert not world.disk.has(DIGEST)
    else:
        assert world.disk.get(DIGEST) == WHOLE
