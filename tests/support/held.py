"""Who brought what, in memory."""

from collections.abc import Collection, Mapping

from assay.errors import TooLarge
from assay.formats.digest import Digest
from assay.office.ports import Share


class Held:
    """Who brought what; *room* bytes for each."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Digest], int] = {}
        self.most = 10_000

    def shares(self, asked: Mapping[str, Collection[Digest]]) -> dict[str, Share]:
        return {
            name: Share(
                sum(n for (who, _), n in self.rows.items() if who == name),
                self.most,
                {one: self.rows[name, one] for one in digests if (name, one) in self.rows},
            )
            for name, digests in asked.items()
        }

    def room(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        others = sum(n for (name, one), n in self.rows.items() if name == organisation and one not in sizes)
        if others + sum(sizes.values()) > self.most:
            raise TooLarge(f"your organisation keeps {others} bytes here")

    def hold(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        self.room(organisation, sizes)
        self.rows |= {(organisation, digest): size for digest, size in sizes.items()}

    def held(self, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
        return frozenset(one for one in digests if (organisation, one) in self.rows)
