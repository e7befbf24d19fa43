"""How much an organisation may bring."""

from collections.abc import Collection, Mapping

from assay.errors import TooLarge
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.office.ports import Share


def check_room(share: Share, sizes: Mapping[Digest, int]) -> None:
    """TooLarge when artifacts of these *sizes* in bytes, which *share* was asked about, are too much."""
    more = sum(size for digest, size in sizes.items() if digest not in share.held)
    if more and share.kept + more > share.most:
        raise TooLarge(
            f"your organisation keeps {share.kept} bytes here, and {more} more are over {share.most}"
        )


def check_submission(share: Share, bundle: Bundle, named: Collection[Digest]) -> None:
    """TooLarge when *bundle*, with what it names and the organisation brought before, is too much for one submission."""
    came = bundle.artifacts
    size = len(bundle.envelope) + len(bundle.customers or b"") + sum(map(len, came.values()))
    size += sum(share.held.get(digest, 0) for digest in set(named) - came.keys())
    if size > share.submission:
        raise TooLarge(f"the documents of the submission have {size} bytes together, over {share.submission}")
