from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine, select
from sqlalchemy.dialects import sqlite

from assay.adapters.sql.among import among

rows = Table(
    "rows", MetaData(), Column("name", Text, primary_key=True), Column("size", BigInteger, index=True)
)
NAMES = select(rows.c.name).where(among(rows.c.name, "some")).order_by(rows.c.name)
SIZES = select(rows.c.name).where(rows.c.name != "z", among(rows.c.size, "some")).order_by(rows.c.name)


def test_finds_texts_and_numbers() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        rows.create(connection)
        values = [{"name": name, "size": at << 40} for at, name in enumerate("ab\"[é'z")]
        connection.execute(rows.insert(), values)
        for some, found in ((["é", "b", '"', "c"], ['"', "b", "é"]), (["'"], ["'"]), ([], [])):
            assert list(connection.execute(NAMES, {"some": some}).scalars()) == found
        assert list(connection.execute(SIZES, {"some": [1 << 40, 6 << 40, 7]}).scalars()) == ["b"]


def test_sqlite_looks_at_no_other_rows() -> None:
    text = str(SIZES.compile(dialect=sqlite.dialect()))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        rows.create(connection)
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, ("z", "[1]")).all()
    assert any("SEARCH rows USING INDEX ix_rows_size (size=?)" in line[-1] for line in plan), plan
