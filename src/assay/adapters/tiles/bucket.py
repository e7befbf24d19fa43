"""A tiled log in a bucket: S3, Google Cloud Storage, Azure and what speaks their protocols, by ``obstore``.

A put is atomic and durable when it is answered. One writer is assumed, as everywhere: who may write is decided by the
database, not by the bucket. Credentials come from the environment, as each cloud's own tools take them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore, from_url

from assay.adapters.tiles import safe
from assay.errors import Malformed, TooLarge, Unavailable
from assay.tlog.ports import CHECKPOINT

RETRY = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
TOGETHER = 16
"""Requests at a time: a put takes as long as a round trip, however small it is."""
PAGE = 1000


_open: Callable[..., ObjectStore] = from_url
"""As one function: it is overloaded by cloud, and which cloud is meant is in the URL."""


def opened(url: str, options: Mapping[str, Any] | None = None) -> ObjectStore:
    """Malformed when *url* names no bucket. Nothing is asked of the bucket yet."""
    scheme = url.partition("://")[0]
    if scheme not in ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss"):
        raise Malformed(f"{url[:200]!r} is no bucket, expected s3://, gs:// or az://")
    # Options for the client replace what the environment says of it; the library's own timeouts are 5 and 30 seconds.
    plain = str((options or {}).get("endpoint", "")).startswith("http://")
    client = {"allow_http": True} if plain else None
    try:
        return _open(url, config=options, client_options=client, retry_config=RETRY)
    except (BaseError, ValueError) as error:
        raise Malformed(f"{url[:200]!r} cannot be used as a bucket: {line(error)}") from error


class BucketTiles:
    def __init__(self, store: ObjectStore, name: str = "bucket") -> None:
        self._store = store
        self._name = name

    @classmethod
    def at(cls, url: str, options: Mapping[str, Any] | None = None) -> "BucketTiles":
        """``s3://bucket/prefix``, ``gs://...`` or ``az://...``; *options* as obstore names them (``endpoint``, ``region``)."""
        return cls(opened(url, options), url)

    def read(self, path: str, *, limit: int) -> bytes | None:
        try:
            found = obstore.get(self._store, safe(path))
            size = found.meta["size"]
            if size > limit:
                raise TooLarge(f"{path} in {self._name} has {size} bytes, over {limit}")
            return bytes(found.bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot read {path} in {self._name}: {line(error)}") from error

    def write(self, path: str, data: bytes) -> None:
        # A crash here leaves the old object or the new one: there is no other state in a bucket.
        kind = "text/plain; charset=utf-8" if path == CHECKPOINT else "application/octet-stream"
        fresh = "no-cache" if path == CHECKPOINT else "public, max-age=31536000, immutable"
        try:
            obstore.put(
                self._store,
                safe(path),
                data,
                attributes={"Content-Type": kind, "Cache-Control": fresh},
                use_multipart=False,
            )
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot write {path} in {self._name}: {line(error)}") from error

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        with ThreadPoolExecutor(TOGETHER) as pool:
            for _ in pool.map(lambda file: self.write(*file), dict(files).items()):
                pass  # the first failure is raised here, after the others came to their end

    def remove(self, path: str) -> None:
        try:
            if not safe(path).endswith("/"):
                self._delete([path])
                return
            for found in obstore.list(self._store, path, chunk_size=PAGE):
                self._delete([one["path"] for one in found])
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot remove {path} in {self._name}: {line(error)}") from error

    def paths(self) -> Iterator[str]:
        """Every file below ``tile/``."""
        try:
            for found in obstore.list(self._store, "tile/", chunk_size=PAGE):
                yield from (one["path"] for one in found)
        except (BaseError, OSError) as error:
            raise Unavailable(f"cannot list {self._name}: {line(error)}") from error

    def _delete(self, paths: list[str]) -> None:
        try:
            obstore.delete(self._store, paths)
        except (NotFoundError, FileNotFoundError):
            return


def line(error: Exception) -> str:
    """What the library says, without its insides."""
    return " ".join(str(error).split()).partition(" Debug source:")[0][:300]
