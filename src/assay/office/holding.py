"""How much an organisation may bring."""

from collections.abc import Mapping

from assay.errors import TooLarge
from assay.formats.digest import Digest
from assay.office.ports import Share


def check_room(share: Share, sizes: Mapping[Digest, int]) -> None:
    """TooLarge when artifacts of these *sizes* in bytes, which *share* was asked about, are too much."""
    more = sum(size for digest, size in sizes.items() if digest not in share.held)
    if more and share.kept + more > share.most:
        raise TooLarge(
            f"your organisation keeps {share.kept} bytes here, and {more} more are over {share.most}"
        )
