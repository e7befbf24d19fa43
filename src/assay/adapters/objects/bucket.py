"""Objects in a bucket: S3, Google Cloud Storage, Azure and what speaks their protocols, by ``obstore``.

A put is atomic and durable when it is answered, and what is read after it is what was put.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import ObjectStore

from assay.adapters.tiles import safe
from assay.adapters.tiles.bucket import PAGE, TOGETHER, line, opened
from assay.errors import TooLarge, Unavailable

T = TypeVar("T")

PART = 5 << 20
"""Bytes of a part of what is written in pieces: the least that S3 takes. All but the last are alike, as others want them."""
PARTS = 2
"""Under way at a time; one more is being filled."""
PRIVATE = {"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}


class BucketObjects:
    def __init__(self, store: ObjectStore, name: str = "bucket") -> None:
        self._store, self._name = store, name

    @classmethod
    def at(cls, url: str, options: Mapping[str, Any] | None = None) -> "BucketObjects":
        """As :meth:`assay.adapters.tiles.bucket.BucketTiles.at`."""
        return cls(opened(url, options), url)

    def read(self, name: str, *, limit: int) -> bytes | None:
        def step() -> bytes | None:
            try:
                found = obstore.get(self._store, safe(name))
            except (NotFoundError, FileNotFoundError):
                return None
            if found.meta["size"] > limit:
                raise TooLarge(f"{name} in {self._name} has {found.meta['size']} bytes, over {limit}")
            return bytes(found.bytes())

        return self._told("read", name, step)

    def size(self, name: str) -> int | None:
        def step() -> int | None:
            try:
                return int(obstore.head(self._store, safe(name))["size"])
            except (NotFoundError, FileNotFoundError):
                return None

        return self._told("look for", name, step)

    def part(self, name: str, start: int, end: int) -> bytes:
        found = self._told(
            "read", name, lambda: bytes(obstore.get_range(self._store, safe(name), start=start, end=end))
        )
        if len(found) != end - start:
            raise Unavailable(f"{name} in {self._name} ends before byte {end}")
        return found

    def has(self, names: Collection[str]) -> frozenset[str]:
        return frozenset(name for name, there in self._each(names, self._is_there) if there)

    def write(self, files: Mapping[str, bytes]) -> None:
        for _ in self._each(files, lambda name: self._put(name, files[name], "overwrite")):
            pass  # the first failure is raised here, after the others came to their end

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """In parts that become an object when all are there. Whatever is raised drops them; a crash leaves parts without a name,
        which the bucket's own rule for unfinished uploads takes away."""

        def step() -> None:
            with obstore.open_writer(
                self._store, safe(name), attributes=PRIVATE, buffer_size=PART, max_concurrency=PARTS
            ) as writer:
                for piece in pieces:
                    writer.write(piece)

        self._told("write", name, step)

    def create(self, files: Mapping[str, bytes]) -> frozenset[str]:
        return frozenset(
            name
            for name, made in self._each(files, lambda name: self._put(name, files[name], "create"))
            if made
        )

    def remove(self, name: str) -> None:
        def step() -> None:
            try:
                obstore.delete(self._store, safe(name))
            except (NotFoundError, FileNotFoundError):
                return

        self._told("remove", name, step)

    def names(self, prefix: str) -> Iterator[str]:
        try:
            for found in obstore.list(self._store, safe(prefix), chunk_size=PAGE):
                yield from (one["path"] for one in found)
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot list {self._name}: {line(error)}") from error

    def _put(self, name: str, data: bytes, mode: Literal["create", "overwrite"]) -> bool:
        """Whether it was put: not when it should be created and is there."""

        def step() -> bool:
            try:
                obstore.put(self._store, safe(name), data, attributes=PRIVATE, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
            return True

        return self._told("write", name, step)

    def _is_there(self, name: str) -> bool:
        def step() -> bool:
            try:
                obstore.head(self._store, safe(name))
            except (NotFoundError, FileNotFoundError):
                return False
            return True

        return self._told("look for", name, step)

    def _each(self, names: Collection[str], do: Callable[[str], T]) -> Iterator[tuple[str, T]]:
        """*do* for each, several at a time: a request takes as long as a round trip, however small it is."""
        if len(names) == 1:
            yield from ((name, do(name)) for name in names)
        elif names:
            with ThreadPoolExecutor(min(TOGETHER, len(names))) as pool:
                yield from zip(names, pool.map(do, names), strict=True)

    def _told(self, doing: str, name: str, step: Callable[[], T]) -> T:
        try:
            return step()
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot {doing} {name} in {self._name}: {line(error)}") from error
