"""Blobs in a bucket, or in any other store of objects, under their digests. For documents that may be known by them."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.objects import Objects
from assay.adapters.opened import Pieces, checked
from assay.adapters.taken import put_large, put_once, sound
from assay.errors import TooLarge, Unavailable
from assay.formats.digest import Digest

MAX_BYTES = FolderBlobs.MAX_BYTES


class ObjectBlobs:
    """Objects ``sha256/ab/<hex>``, put once and read back."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, data: bytes) -> Digest:
        return self.put_many((data,))[0]

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """As :meth:`put` for each; all durable when it returns. A crash inside leaves any of them."""
        digests = tuple(map(Digest.sha256, blobs))
        rest = put_large(self, dict(zip(digests, blobs, strict=True)))
        files = {name_of(digest): data for digest, data in rest.items()}
        self._objects.create(files)
        damaged = {
            name: data for name, data in files.items() if self._objects.read(name, limit=MAX_BYTES) != data
        }
        if damaged:  # there before, and another: what has this name can only be these bytes
            self._objects.write(damaged)
        for name, data in damaged.items():
            if self._objects.read(name, limit=MAX_BYTES) != data:
                raise Unavailable(f"{name} is not what was put when it is read back")
        return digests

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        write = partial(self._objects.write_pieces, name_of(digest))
        put_once(self, digest, sound(digest, length, pieces), write)

    def get(self, digest: Digest) -> bytes:
        try:
            data = self._objects.read(name_of(digest), limit=MAX_BYTES)
        except TooLarge as error:
            raise Unavailable(f"blob {digest} is damaged: {error}") from error
        if data is None:
            raise Unavailable(f"blob {digest} is lost: there is no {name_of(digest)}")
        if Digest.sha256(data) != digest:
            raise Unavailable(f"blob {digest} is damaged: its SHA-256 is {Digest.sha256(data).value}")
        return data

    def open(self, digest: Digest) -> Pieces:
        name = name_of(digest)
        length = self._objects.size(name)
        if length is None:
            raise Unavailable(f"blob {digest} is lost: there is no {name}")
        return checked(digest, length, partial(self._objects.part, name))

    def has(self, digest: Digest) -> bool:
        return digest in self.among((digest,))

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those of *digests* that are here: :meth:`has` for many."""
        names = {name_of(one): one for one in digests}
        return frozenset(names[name] for name in self._objects.has(names.keys()))

    def erase(self, digest: Digest) -> None:
        self._objects.remove(name_of(digest))


def name_of(digest: Digest) -> str:
    return f"{digest.algorithm}/{digest.value[:2]}/{digest.value}"
