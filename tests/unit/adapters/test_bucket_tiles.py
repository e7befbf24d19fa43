"""Buckets that are none, and buckets that do not answer."""

from typing import Any

import pytest

from assay.adapters.tiles.bucket import BucketTiles
from assay.errors import Malformed, Unavailable


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        pytest.param("https://h/x", None, "'https://h/x' is no bucket, expected s3://, gs:// or az://", id="a server"),
        pytest.param("file:///tmp", None, "is no bucket", id="a folder, which the library would take and never sync"),
        pytest.param("tiles", None, "is no bucket", id="no URL"),
        pytest.param("s3://", None, "Unable to recognise URL", id="no name"),
        pytest.param("s3://tiles", {"nonsense": "1"}, "'nonsense' is not valid", id="an option that is none"),
    ],
)  # fmt: skip
def test_what_is_no_bucket(url: str, options: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(Malformed, match=message) as raised:
        BucketTiles.at(url, options)
    assert "\n" not in str(raised.value)


def test_a_bucket_that_does_not_answer() -> None:
    files = BucketTiles.at(
        "s3://tiles/log",
        {
            "endpoint": "http://127.0.0.1:1",
            "region": "us-east-1",
            "access_key_id": "a",
            "secret_access_key": "b",
        },
    )
    with pytest.raises(
        Unavailable, match=r"^cannot read checkpoint in s3://tiles/log: Generic S3 error"
    ) as raised:
        files.read("checkpoint", limit=10)
    assert "\n" not in str(raised.value)
