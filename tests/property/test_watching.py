"""Laws of what a monitor recomputes and remembers."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import register

from assay.errors import AssayError, Untrusted
from assay.register import merkle, tiles
from assay.register.edge import Edge
from assay.register.rotation import KeyChange
from assay.tlog.draw_watch import Commit, Draws, Result, parse_rounds
from assay.tlog.equivocation import Equivocation
from assay.tlog.mirror import Kept
from assay.tlog.recompute import Recomputation, recompute, verify_entries
from assay.tlog.watched import Alarm, Watched

ENTRIES = [b"entry %d" % number for number in range(1100)]
HASHES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def bundles(start: int, end: int) -> list[list[bytes]]:
    """As a log of *end* entries has them, from the one with entry *start*."""
    return [ENTRIES[at : min(end, at + 256)] for at in range(start - start % 256, end, 256)]


def edge(size: int) -> Edge:
    return Edge().extend(HASHES[:size]).after


@given(st.integers(0, 1100), st.integers(0, 1100))
def test_the_root_of_the_entries_is_the_root_of_the_tree(one: int, other: int) -> None:
    start, end = sorted((one, other))
    found = recompute(bundles(start, end) if end > start else [], edge(start))
    assert found == edge(end)
    assert found.root == merkle.root_of(HASHES[:end])


@given(st.lists(st.integers(0, 1100), min_size=1, max_size=6).map(sorted))
def test_in_how_many_looks_does_not_matter(stops: list[int]) -> None:
    found = Edge()
    for stop in stops:
        found = recompute(bundles(found.size, stop) if stop > found.size else [], found)
    assert found == edge(stops[-1])


@given(st.integers(1, 1099), st.data())
def test_an_entry_seen_before_cannot_be_another_now(size: int, data: st.DataObject) -> None:
    if size % 256 == 0:
        return
    first = size - size % 256
    changed = data.draw(st.integers(first, size - 1))
    bundle = [*ENTRIES[first:changed], b"another", *ENTRIES[changed + 1 : min(1100, first + 256)]]
    with pytest.raises(Untrusted, match=rf"entries {first} to {size - 1} are not those seen before"):
        Recomputation(edge(size)).add(bundle)
    with pytest.raises(Untrusted, match="are not those seen before"):
        Recomputation(edge(size)).add(ENTRIES[first : size - 1])


@given(st.integers(256, 1100))
def test_tiles_that_were_completed_are_those_of_the_tree(size: int) -> None:
    known = merkle.extend(0, HASHES[:size], {})
    tree = Recomputation()
    for at, bundle in enumerate(bundles(0, size)):
        grown = tree.add(bundle)
        for tile in grown.tiles:
            hashes = b"".join(known[tile.level * 8, (tile.index << 8) + n] for n in range(256))
            grown.check(tile, hashes)
            with pytest.raises(Untrusted, match=f"{tile.path} is not what the entries below it hash to"):
                grown.check(tile, hashes[:-1] + bytes([hashes[-1] ^ 1]))
            with pytest.raises(Untrusted):
                grown.check(tile, hashes[:-32])
        assert (tiles.Tile(0, at) in grown.tiles) == (len(bundle) == 256)


def test_every_256th_tile_completes_one_above() -> None:
    full = [[b"x"] * 256] * 256
    tree = Recomputation()
    made = [tree.add(bundle).tiles for bundle in full]
    assert [len(found) for found in made] == [1] * 255 + [2]
    assert list(made[-1]) == [tiles.Tile(0, 255), tiles.Tile(1, 0)]


@given(st.integers(0, 299), st.sampled_from([b"", b"\xd2\x84", b"what"]))
@settings(max_examples=20)
def test_the_entry_that_is_not_signed_is_named(at: int, bad: bytes) -> None:
    good = SIGNED[:at]
    runs = [(7 + start, [*good, bad][start : start + 256], register.KEYS) for start in range(0, at + 1, 256)]
    (line,) = verify_entries(runs)
    assert line.startswith(f"entry {7 + at}: entry ")
    assert list(verify_entries([(7, good, register.KEYS)])) == []


SIGNED = [register.entry(label=str(number)) for number in range(300)]


# what is remembered

names = st.text(max_size=20)
numbers = st.integers(0, 2**62)
hashes = st.binary(min_size=32, max_size=32)
edges = st.integers(0, 1100).map(edge)
changes = st.builds(
    KeyChange,
    index=numbers,
    leaf=st.binary(max_size=20),
    proof=st.lists(hashes, max_size=3).map(tuple),
    checkpoint=names.map(str.encode),
    consistency=st.lists(hashes, max_size=3).map(tuple),
)
draws = st.builds(
    Draws,
    st.lists(st.builds(Commit, numbers, numbers, hashes, names, numbers), max_size=3).map(tuple),
    st.lists(st.builds(Result, numbers, names, numbers), max_size=3).map(tuple),
    numbers,
    numbers,
)
memories = st.builds(
    Watched,
    origin=names,
    checkpoint=names.map(str.encode),
    edge=edges,
    newest=numbers,
    statements=numbers,
    genesis=st.binary(max_size=20),
    changes=st.lists(changes, max_size=2).map(tuple),
    draws=draws,
    alarms=st.lists(st.builds(Alarm, names, names), max_size=3).map(tuple),
    seen=st.lists(names.map(str.encode), max_size=3).map(tuple),
)


@given(memories)
def test_a_memory_round_trips(memory: Watched) -> None:
    assert Watched.parse(memory.encode()) == memory


def full(size: int) -> Edge:
    return edge(size - size % 256)


@given(
    st.builds(
        Kept,
        edge=st.integers(0, 1100).map(full),
        genesis=st.binary(max_size=20),
        changes=st.lists(changes, max_size=2).map(tuple),
        waiting=st.lists(names, max_size=3).map(tuple),
    )
)
def test_what_a_mirror_keeps_round_trips(kept: Kept) -> None:
    assert Kept.parse(kept.encode()) == kept


MEMORY = Watched(origin="register.example/1", checkpoint=register.signed(5, HASHES[0]), edge=edge(300)).alarm(
    Alarm("a")
)
EXAMPLES: list[tuple[Callable[[bytes], object], bytes]] = [
    (Watched.parse, MEMORY.encode()),
    (Kept.parse, Kept(edge=edge(256), waiting=("sha256:aa",)).encode()),
    (Equivocation.parse, Equivocation(first=b"a", second=b"b", began=HASHES[0], proof=(HASHES[1],)).encode()),
    (lambda data: parse_rounds(data, what="rounds"), b"# drand\nsimulated.example:1 7 00ff\n\nb 8 AA\n"),
]


@settings(max_examples=300)
@given(st.sampled_from(EXAMPLES), st.integers(0, 5000), st.integers(0, 3), st.binary(max_size=4))
def test_damaged_documents_are_refused_in_our_words(
    example: tuple[Callable[[bytes], object], bytes], at: int, gone: int, new: bytes
) -> None:
    parse, data = example
    assert parse(data) is not None
    at %= len(data)
    with suppress(AssayError):  # nothing else may come out
        parse(data[:at] + new + data[at + gone :])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a 1", "line 1 is not 'name round value'"),
        ("a 1 0", "line 1 is not"),
        ("a x 00", "line 1 is not"),
        ("a 1 00\na 1 01", "line 2: round 1 of a has two values"),
        ("a 1 00\n\n a 1 zz", "line 3 is not"),
        ("a 1 00 extra", "line 1 is not"),
    ],
)
def test_rounds_say_what_is_wrong_with_them(text: str, says: str) -> None:
    with pytest.raises(AssayError, match=f"rounds {says}"):
        parse_rounds(text.encode(), what="rounds")


def test_rounds_are_read() -> None:
    assert parse_rounds(EXAMPLES[3][1], what="rounds") == {
        ("simulated.example:1", 7): b"\x00\xff",
        ("b", 8): b"\xaa",
    }
