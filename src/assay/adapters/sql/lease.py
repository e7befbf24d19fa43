"""Who sequences: a row in the database, for a few seconds at a time by the database's own clock.

The lease only chooses. What keeps two leaders apart is the epoch in the head row: taking the lease raises it, and every
commit compares it under the row's lock, so one who was paused and wakes up commits nothing.
"""

from assay.adapters.sql.postgresql import Session, end_sessions

CHANNEL = "assay_lease"
"""Told when the lease becomes free early."""


def name_of(holder: str) -> str:
    """What the sessions of a leader call themselves, so that its successor can end them."""
    return f"assay leader {holder}"


class Lease:
    """*holder*'s side of the lease. One thread; *connection* is in autocommit. Raises ``psycopg.Error``, and Unavailable.

    *former*: another holder whose lease need not lapse, because we know that it has ended.
    """

    def __init__(self, connection: Session, holder: str, seconds: float, former: str = "") -> None:
        self.holder, self.seconds, self._former = holder, seconds, former
        self._connection = connection
        self._epoch: int | None = None

    def take(self) -> int | None:
        """The new epoch when the lease was free; None when somebody holds it."""
        before = self._lapsed()
        if before is None:
            return None
        # A leader that was paused in the middle of a transaction would hold the head row's lock for as long as it sleeps.
        end_sessions(self._connection, name_of(before))
        with self._connection.transaction():
            self._connection.execute("SET LOCAL synchronous_commit = on")
            self._connection.execute("SET LOCAL lock_timeout = '10s'")
            # Whoever waits here for another candidate finds another holder afterwards.
            row = self._connection.execute(
                "SELECT FROM lease WHERE one = 1 AND holder = %s AND (expires <= clock_timestamp() OR holder = %s) FOR UPDATE",
                (before, self._former),
            ).fetchone()
            if row is None:
                return None
            # Waits for a commit of the former leader that is under way: it counts, and the next one is refused.
            raised = self._connection.execute("UPDATE head SET epoch = epoch + 1 RETURNING epoch").fetchone()
            if raised is None:
                return None
            self._connection.execute(
                "UPDATE lease SET holder = %s, epoch = %s,"
                " expires = clock_timestamp() + make_interval(secs => %s) WHERE one = 1",
                (self.holder, raised[0], self.seconds),
            )
        # A crash before the commit leaves the old lease, lapsed; after it, a lease that lapses.
        self._epoch = int(raised[0])
        return self._epoch

    def on(self, connection: Session) -> "Lease":
        """The lease that was taken, for another thread with its own *connection*."""
        same = Lease(connection, self.holder, self.seconds)
        same._epoch = self._epoch
        return same

    def renew(self) -> bool:
        """Whether it is still ours; then it is for *seconds* from now."""
        found = self._connection.execute(
            "UPDATE lease SET expires = clock_timestamp() + make_interval(secs => %s)"
            " WHERE one = 1 AND holder = %s AND epoch = %s",
            (self.seconds, self.holder, self._epoch),
        )
        return found.rowcount == 1

    def release(self) -> None:
        """Give it up at once, if it is ours, and say so."""
        if self._epoch is None:
            return
        given = self._connection.execute(
            "UPDATE lease SET expires = '-infinity' WHERE one = 1 AND holder = %s AND epoch = %s",
            (self.holder, self._epoch),
        )
        self._epoch = None
        if given.rowcount:
            self._connection.execute("SELECT pg_notify(%s, '')", (CHANNEL,))

    def _lapsed(self) -> str | None:
        """Whose lease it was; None when it is held."""
        row = self._connection.execute(
            "SELECT holder FROM lease WHERE one = 1 AND (expires <= clock_timestamp() OR holder = %s)",
            (self._former,),
        ).fetchone()
        return None if row is None else str(row[0])
