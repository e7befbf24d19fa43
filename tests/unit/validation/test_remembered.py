"""Of documents that all are judged by, few large ones are remembered: newer ones come every day."""

from assay.validation import remembered as module
from assay.validation.remembered import remembered


def test_each_is_found_once_while_it_counts_and_few_large_ones_are_kept() -> None:
    found: list[bytes] = []

    @remembered
    def size(label: str, data: bytes) -> int:
        found.append(data)
        return len(label) + len(data)

    small = [b"%d" % number for number in range(20)]
    large = [b"%d" % number + bytes(module.LARGE) for number in range(module.FEW + 1)]
    for _ in range(2):
        assert [size("x", one) for one in small] == [1 + len(one) for one in small]
    assert found == small
    found.clear()
    for one in (*large, large[-1], large[0]):
        size("x", one)
    assert found == [*large, large[0]]
    assert [size("x", one) for one in small] == [1 + len(one) for one in small]
    assert found == [*large, large[0]]
