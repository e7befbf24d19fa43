"""Blobs encrypted where they are kept: each under a key of its own, which is kept apart, wrapped by a key of the office.

Nothing in the store tells a digest, so nobody who reads it can tell whether it holds a document that he knows. Erasing
removes the wrapped key first: copies of the sealed bytes that a backup or a bucket's history keeps cannot be opened any more,
provided that no copy of the key is kept as long. See docs/formats/sealed-blobs.md.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from assay.adapters.objects import Objects
from assay.adapters.opened import PIECE, Whole, all_of, checked
from assay.adapters.taken import put_large, put_once, sound
from assay.crypto import sealing
from assay.crypto.sealing import (
    HEAD_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    OVERHEAD,
    TAG_BYTES,
    WRAPPED_BYTES,
    StorageKeys,
)
from assay.errors import Malformed, TooLarge, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office.ports import Entropy, Opened

KEYS = "keys/"
SEALED = "sealed/"


class Rewrapped(msgspec.Struct, frozen=True):
    keys: int
    """That were looked at."""
    changed: int
    """That are now wrapped by the newest key and were not."""
    lost: tuple[str, ...]
    """Names of wrapped keys that no key here opens."""


class SealedBlobs:
    """Over two stores, which may be one: *objects* has what is sealed, *wrapped* the keys. Safe to call from many threads and processes."""

    def __init__(self, objects: Objects, wrapped: Objects, keys: StorageKeys, entropy: Entropy) -> None:
        self._objects, self._wrapped, self._keys, self._entropy = objects, wrapped, keys, entropy

    def put(self, data: bytes) -> Digest:
        return self.put_many((data,))[0]

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """As :meth:`put` for each; all durable when it returns. A crash inside leaves any of them, or keys of nothing."""
        digests = tuple(map(Digest.sha256, blobs))
        rest = put_large(self, dict(zip(digests, blobs, strict=True)))
        by_name = {self._keys.name(digest): data for digest, data in rest.items()}
        there = self._objects.has([SEALED + _split(name) for name in by_name])
        wanted = {
            name: data for name, data in by_name.items()
            if SEALED + _split(name) not in there or not self._holds(name, data)
        }  # fmt: skip
        if wanted:
            keys = self._data_keys(tuple(wanted))
            # A crash before this leaves keys of nothing; who puts the same bytes again takes them up.
            self._objects.write(
                {
                    SEALED + _split(name): sealing.seal(
                        keys[name], name, data, self._entropy.bytes(NONCE_BYTES)
                    )
                    for name, data in wanted.items()
                }
            )
            for name, data in wanted.items():
                if not self._holds(name, data):
                    raise Unavailable(
                        f"sealed blob {name} cannot be read back: it was erased meanwhile, or is damaged"
                    )
        return digests

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        """Wrong bytes, and a crash inside, leave a key of nothing."""
        known = sound(digest, length, pieces)
        if length <= PIECE:
            self.put(b"".join(known))
            return

        def write(data: Iterator[bytes]) -> None:
            name = self._keys.name(digest)
            key = self._data_keys((name,))[name]
            sealed = sealing.seal_pieces(key, name, data, self._entropy.bytes(NONCE_BYTES))
            self._objects.write_pieces(SEALED + _split(name), sealed)

        put_once(self, digest, known, write)

    def get(self, digest: Digest) -> bytes:
        name = self._keys.name(digest)
        try:
            data = self._open(name)
        except (Malformed, Untrusted) as error:
            raise Unavailable(f"blob {digest} is damaged (sealed as {name}): {error}") from error
        if data is None:
            raise Unavailable(f"blob {digest} is not here (sealed as {name}): erased, lost or never put")
        if Digest.sha256(data) != digest:
            raise Unavailable(
                f"blob {digest} is damaged (sealed as {name}): its SHA-256 is {Digest.sha256(data).value}"
            )
        return data

    def open(self, digest: Digest) -> Opened:
        """Read twice: once to check the tag and the digest, both of the whole, then piece by piece."""
        name = self._keys.name(digest)
        path = SEALED + _split(name)
        size = self._objects.size(path)
        if size is None or size <= PIECE + OVERHEAD:
            return Whole(self.get(digest))
        try:
            opening = sealing.Opening(self._key(name), name, self._objects.part(path, 0, HEAD_BYTES))

            def sealed(start: int, end: int) -> bytes:
                return self._objects.part(path, HEAD_BYTES + start, HEAD_BYTES + end)

            def first(length: int) -> Iterator[bytes]:
                for piece in all_of(length, sealed):
                    yield opening.update(piece)
                opening.finish(sealed(length, length + TAG_BYTES))

            length = size - OVERHEAD
            return checked(
                digest, length, lambda start, end: opening.again(start, sealed(start, end)), first(length)
            )
        except (Malformed, Untrusted) as error:
            raise Unavailable(f"blob {digest} is damaged (sealed as {name}): {error}") from error

    def has(self, digest: Digest) -> bool:
        return digest in self.among((digest,))

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those of *digests* that are here: :meth:`has` for many."""
        names = {_split(self._keys.name(one)): one for one in digests}
        sealed = self._objects.has([SEALED + name for name in names])
        keys = self._wrapped.has([KEYS + name for name in names])
        return frozenset(
            one for name, one in names.items() if SEALED + name in sealed and KEYS + name in keys
        )

    def erase(self, digest: Digest) -> None:
        name = _split(self._keys.name(digest))
        self._wrapped.remove(KEYS + name)
        # A crash here leaves bytes that nobody can open: erase again.
        self._objects.remove(SEALED + name)
        self._wrapped.remove(KEYS + name)  # a change of the office's keys may have put it back: see rewrap

    def rewrap(self) -> Rewrapped:
        """Wrap every key by the newest one of the office. After a crash in here, begin again; what was done stays done."""
        count, changed, lost = 0, 0, []
        for path in tuple(self._wrapped.names(KEYS)):
            name = path.removeprefix(KEYS).replace("/", "")
            count += 1
            try:
                before = self._wrapped.read(path, limit=WRAPPED_BYTES)
                if before is None or sealing.wrapped_by(before) == self._keys.newest:
                    continue
                key = self._keys.unwrap(name, before)
            except (Malformed, Untrusted):
                lost.append(name)
                continue
            self._wrapped.write({path: self._keys.wrap(name, key, self._entropy.bytes(NONCE_BYTES))})
            if not self._objects.has([SEALED + _split(name)]):
                self._wrapped.remove(path)  # it was erased meanwhile
            changed += 1
        return Rewrapped(count, changed, tuple(lost))

    def _data_keys(self, names: Sequence[str]) -> dict[str, bytes]:
        """Of two processes that put the same bytes at once, both use the key of the one that came first."""
        made = {
            KEYS + _split(name): self._keys.wrap(
                name, self._entropy.bytes(KEY_BYTES), self._entropy.bytes(NONCE_BYTES)
            )
            for name in names
        }
        self._wrapped.create(made)
        found: dict[str, bytes] = {}
        for name in names:
            try:
                found[name] = self._key(name)
            except (Malformed, Untrusted):
                # A damaged key opens nothing any more: another one takes its place, as the bytes are here again.
                path = KEYS + _split(name)
                self._wrapped.write({path: made[path]})
                found[name] = self._keys.unwrap(name, made[path])
        return found

    def _key(self, name: str) -> bytes:
        wrapped = self._wrapped.read(KEYS + _split(name), limit=WRAPPED_BYTES)
        if wrapped is None:
            raise Unavailable(f"the key of sealed blob {name} is gone: it was erased meanwhile")
        return self._keys.unwrap(name, wrapped)

    def _open(self, name: str) -> bytes | None:
        wrapped = self._wrapped.read(KEYS + _split(name), limit=WRAPPED_BYTES)
        sealed = self._objects.read(SEALED + _split(name), limit=sealing.MAX_BYTES + OVERHEAD)
        if wrapped is None or sealed is None:
            return None
        return sealing.open_(self._keys.unwrap(name, wrapped), name, sealed)

    def _holds(self, name: str, data: bytes) -> bool:
        try:
            return self._open(name) == data
        except (Malformed, TooLarge, Untrusted):
            return False


def _split(name: str) -> str:
    return f"{name[:2]}/{name[2:]}"
