"""The machine's clock and randomness."""

import os
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class SystemEntropy:
    def bytes(self, count: int) -> bytes:
        return os.urandom(count)
