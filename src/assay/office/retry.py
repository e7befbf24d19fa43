"""When to try again: pauses that double up to a limit, spread so that what failed together does not come back together."""

import hashlib

import msgspec


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """The default gives up after nineteen pauses, a little over ten hours in all."""

    first_s: float = 5
    most_s: float = 3600
    attempts: int = 20
    """In all, the first one included."""
    spread: float = 0.25
    """Of a pause, by how much of it chance may shorten it."""

    def pause_s(self, key: str, attempts: int) -> float | None:
        """Seconds to wait after that many *attempts* at *key*; None when there are to be no more.

        The same for the same arguments: chance is a digest of them.
        """
        if attempts < 1:
            raise ValueError(f"{attempts} attempts")
        if attempts >= self.attempts:
            return None
        full = min(self.most_s, self.first_s * 2.0 ** min(attempts - 1, 60))
        drawn = hashlib.sha256(f"{attempts}:{key}".encode()).digest()
        return full * (1 - self.spread * int.from_bytes(drawn[:4], "big") / 2**32)
