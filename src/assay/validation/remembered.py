"""What follows from a document that all are judged by, such as its digest: found once for as long as the document counts."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

LARGE = 1 << 20
"""Bytes from which on documents are remembered a few at a time: they are kept whole, and newer ones come every day."""
FEW, MANY = 4, 64


def remembered(find: Callable[P, T]) -> Callable[P, T]:
    """*find*, whose last argument is a document, once for each of the newest that it was asked about."""
    few, many = (cast("Callable[P, T]", lru_cache(most)(find)) for most in (FEW, MANY))

    @wraps(find)
    def recall(*args: P.args, **kwargs: P.kwargs) -> T:
        data = args[-1]
        large = isinstance(data, bytes) and len(data) > LARGE
        return (few if large else many)(*args, **kwargs)

    return recall
