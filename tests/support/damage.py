"""Damaged copies of a document, for readers that must refuse or read but never fall over."""

from hypothesis import strategies as st


def damaged(sample: bytes) -> st.SearchStrategy[bytes]:
    """Truncated, one bit flipped, one slice repeated or removed, or random bytes."""
    place = st.integers(0, max(len(sample) - 1, 0))
    return st.one_of(
        place.map(lambda end: sample[:end]),
        st.tuples(place, st.integers(0, 7)).map(lambda at: _flip(sample, *at)),
        st.tuples(place, place).map(lambda at: sample[: max(at)] + sample[min(at) :]),
        st.tuples(place, place).map(lambda at: sample[: min(at)] + sample[max(at) :]),
        st.tuples(place, st.binary(max_size=12)).map(lambda at: sample[: at[0]] + at[1] + sample[at[0] :]),
        st.binary(max_size=200),
    )


def _flip(sample: bytes, at: int, bit: int) -> bytes:
    return sample[:at] + bytes([sample[at] ^ (1 << bit)]) + sample[at + 1 :]
