import os
import subprocess
import sys

import pytest
from sqlalchemy import delete, select

from crawler.ledger import Ledger
from crawler.models import Batch
from tests.conftest import ROOT
from tests.seed import seed


@pytest.mark.parametrize(("job", "said"), [({"SCRAPY_JOB": "a1%s"}, "run=a1%s it goes on\n"), ({}, "it goes on\n")])
def test_every_line_of_a_run_of_scrapyds_names_it(job, said):
    program = "import logging; from crawler.settings import LOG_FORMAT as f; logging.basicConfig(format=f);"
    environment = {name: value for name, value in os.environ.items() if name != "SCRAPY_JOB"} | job
    command = [sys.executable, "-c", program + "logging.warning('it goes on')"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert result.stderr.endswith(f"WARNING: {said}")


def test_a_run_knows_its_batch_by_the_name_that_users_have_for_it(engine):
    ledger = Ledger(engine, seed(engine, ["wall-1_1"]), 60.0)
    with engine.begin() as connection:
        assert ledger._batch() == connection.execute(select(Batch.public_id)).scalar_one()
        connection.execute(delete(Batch))
    assert ledger._batch() == ""
