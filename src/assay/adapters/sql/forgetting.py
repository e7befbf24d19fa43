"""Names of an erased submission leave the rows that held them."""

from sqlalchemy import Engine, delete, update

from assay.adapters.sql import cases as sql_cases
from assay.adapters.sql import tables
from assay.adapters.sql.case_tables import keys, parties
from assay.adapters.sql.due_tables import due
from assay.adapters.sql.transaction import empty_log, transaction
from assay.office.case import Case


class SqlForgetting:
    """A :class:`~assay.office.erase.Forgetting`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def forget(self, case: Case) -> None:
        key = str(case.payload)
        submission = tables.submissions.c.payload == key
        with transaction(self._engine) as connection:
            sql_cases.keep(connection, case)
            for table in (parties, keys):
                connection.execute(delete(table).where(table.c.entry == case.entry))
            # The row stays, so that the same attestation is still known to have been submitted.
            connection.execute(
                update(tables.submissions).where(submission).values(provider="", product="", version="")
            )
            connection.execute(delete(due).where(due.c.subject == key))
        empty_log(self._engine)  # where somebody reads just now, the next checkpoint does it
