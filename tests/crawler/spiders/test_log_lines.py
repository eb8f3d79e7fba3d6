import logging

import pytest
from sqlalchemy import select

from crawler.queue import lease
from crawler.run.log_lines import log_format
from crawler.store.models.batches import Batch
from tests.seed import seed


@pytest.mark.parametrize("run_id", ["a1", "100%s"])
def test_every_line_of_a_run_names_it(run_id):
    record = logging.LogRecord("spider", logging.INFO, "", 0, "it goes %s", ("on",), None)
    assert logging.Formatter(log_format(run_id)).format(record).endswith(f" [spider] INFO: run={run_id} it goes on")


def test_a_run_knows_its_batch_by_the_name_that_users_have_for_it(engine):
    batch = lease.start(engine, seed(engine, ["wall-1_1"]), 60.0)
    with engine.connect() as connection:
        assert batch == connection.execute(select(Batch.public_id)).scalar_one()
