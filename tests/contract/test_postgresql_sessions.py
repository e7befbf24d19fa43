"""How the sessions of an office are set up, whatever the server's settings say."""

import pytest
from sqlalchemy import text
from tests.support.postgres import Cluster

from assay.adapters.sql import postgresql


@pytest.mark.parametrize(("option", "wanted"), [("", "off"), (" -c enable_seqscan=on", "on")])
def test_the_options_of_the_url_count_more(postgres: Cluster, option: str, wanted: str) -> None:
    engine = postgresql.engine(postgres.schema() + option, "test")
    with engine.connect() as connection:
        found = connection.execute(text("SHOW enable_seqscan")).scalar_one()
    engine.dispose()
    assert found == wanted
