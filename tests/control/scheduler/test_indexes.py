"""What a tick asks is found by an index that leads to it, however many batches are open or were ever closed."""

import pytest

from control.scheduler.closing import SOME_PAST
from control.scheduler.counting import SOME_UNCOUNTED

INDEXES = {"ix_batches_deadline_at": SOME_PAST, "ix_batches_to_count": SOME_UNCOUNTED}


def plan(engine, statement):
    query = statement.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it reads small tables as a whole
        return str(connection.exec_driver_sql(f"EXPLAIN {query}").all())


@pytest.mark.parametrize("index", INDEXES)
def test_a_tick_looks_at_no_batch_in_vain(engine, index):
    """An index that is read from one end to the other would have the name, too."""
    found = plan(engine, INDEXES[index])
    assert index in found
    assert "Index Cond" in found or "SEARCH batches" in found
