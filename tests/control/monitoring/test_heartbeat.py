from sqlalchemy import select, update

from control.monitoring import heartbeat
from control.monitoring.heartbeat import Pulse
from crawler.store.database import now
from crawler.store.models.runs import Beat


def age(engine):
    with engine.connect() as connection:
        return connection.execute(select(now() - Beat.at).where(Beat.name == heartbeat.NAME)).scalar_one()


def grow_old(engine):
    with engine.begin() as connection:
        connection.execute(update(Beat).values(at=1.0))


def test_a_beat_is_the_databases_time(engine):
    Pulse(engine).beat()
    assert 0 <= age(engine) < 5


def test_another_process_beats_the_same_row(engine):
    Pulse(engine).beat()
    grow_old(engine)
    Pulse(engine).beat()
    assert age(engine) < 5


def test_a_beat_is_not_written_every_round(engine, monkeypatch):
    pulse = Pulse(engine)
    pulse.beat()
    grow_old(engine)
    pulse.beat()
    assert age(engine) > 1000
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.0)
    pulse.beat()
    assert age(engine) < 5
