"""Every store of blobs, for the suites that all of them pass."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.support.stores_of_blobs import NAMES, store
from tests.support.tile_servers import bucket_server

from assay.adapters.objects.bucket import BucketObjects
from assay.office.ports import Blobs

_NUMBERS = count()


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    """Options that reach an empty S3 server; the bucket is ``tiles``."""
    with bucket_server() as options:
        yield options


@pytest.fixture(params=NAMES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    def in_bucket() -> BucketObjects:
        return BucketObjects.at(f"s3://tiles/b{next(_NUMBERS)}", request.getfixturevalue("bucket"))

    with store(request.param, tmp_path, in_bucket) as found:
        yield found
