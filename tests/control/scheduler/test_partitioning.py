import pytest
from structlog.testing import capture_logs

from control.scheduler.__main__ import Scheduler
from control.settings import Settings
from crawler.store.database import read_clock
from crawler.store.partitions.keeping import coming
from crawler.store.partitions.months import Month


@pytest.mark.parametrize("database_url", ["partitioned"], indirect=True)
def test_the_scheduler_makes_the_partition_that_a_month_lacks(engine):
    with engine.begin() as connection:
        last = coming(Month.of(read_clock(connection)))[-1].partition
        connection.exec_driver_sql(f"ALTER TABLE readings DETACH PARTITION {last}")
        connection.exec_driver_sql(f"DROP TABLE {last}")
    scheduler = Scheduler(engine, Settings(secret_key="k" * 40, scrapyd_password="p" * 40))
    with capture_logs() as events:
        scheduler.once()
        scheduler.once()
    assert [each["partition"] for each in events if each["event"] == "partition made"] == [last]
