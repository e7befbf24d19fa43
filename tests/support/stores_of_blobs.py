"""Stores of blobs by name, as contract tests and the processes that they kill make them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.sealed import keys

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.grouped_blobs import GroupedBlobs
from assay.adapters.memory import MemoryBlobs
from assay.adapters.object_blobs import ObjectBlobs
from assay.adapters.objects.bucket import BucketObjects
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.memory import MemoryObjects
from assay.adapters.objects.packed import PackedObjects
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sealed_blobs import SealedBlobs
from assay.adapters.system import SystemEntropy
from assay.office.ports import Blobs

NAMES = (
    "memory",
    "folder",
    "packed",
    "bucket",
    "objects",
    "sealed folder",
    "sealed packed",
    "sealed bucket",
    "grouped",
)


@contextmanager
def store(name: str, folder: Path, bucket: Callable[[], BucketObjects]) -> Iterator[Blobs]:
    """The one of that *name*, in *folder* or in *bucket*."""
    match name:
        case "packed":
            packed = PackedBlobs(folder / "blobs")
            yield packed
            packed.close()
        case "memory":
            yield MemoryBlobs()
        case "folder":
            yield FolderBlobs(folder / "blobs")
        case "bucket":
            yield ObjectBlobs(bucket())
        case "objects":
            yield ObjectBlobs(MemoryObjects())
        case "sealed folder":
            objects = FolderObjects.make(folder / "blobs")
            yield SealedBlobs(objects, FolderObjects.make(folder / "keys"), keys(), SystemEntropy())
        case "sealed packed":
            small = PackedObjects(folder / "blobs")
            yield SealedBlobs(small, small, keys(), SystemEntropy())
            small.close()
        case "grouped":
            small = PackedObjects(folder / "blobs")
            yield GroupedBlobs(SealedBlobs(small, small, keys(), SystemEntropy()))
            small.close()
        case _:
            there = bucket()
            yield SealedBlobs(there, there, keys(), SystemEntropy())
