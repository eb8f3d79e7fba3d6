from sqlalchemy import insert, select, update

from control.monitoring import heartbeat
from control.scheduler.pruning import KEYS_KEPT_SECONDS, RUNS_KEPT_SECONDS, SCHEDULERS_KEPT_SECONDS, Pruner, remove
from crawler.store.database import now
from crawler.store.models.accounts import Attempts, Login, Usage, User
from crawler.store.models.batches import Submission
from crawler.store.models.hosts import Node, SchedulerProcess
from crawler.store.models.runs import Run
from tests.seed import seed

RECEIPT = {"fingerprint": "", "batch_public_id": "", "accepted": 1, "duplicates": 0, "rejected": 0}


def age(engine, run_id, seconds):
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run_id).values(finished_at=now() - seconds))


def runs(engine):
    with engine.connect() as connection:
        return set(connection.execute(select(Run.id)).scalars())


def test_runs_that_ended_long_ago_go_and_others_stay(engine):
    old, young, active = (seed(engine, [f"wall-1_{item}"]) for item in range(1, 4))
    age(engine, old, RUNS_KEPT_SECONDS + 60)
    age(engine, young, RUNS_KEPT_SECONDS - 60)
    remove(engine)
    assert runs(engine) == {young, active}


def test_keys_go_when_nobody_looks_at_them_any_more(engine):
    seed(engine, ["wall-1_1"])
    with engine.begin() as connection:
        user = connection.execute(select(User.id)).scalar_one()
        for key, seconds in (("old", KEYS_KEPT_SECONDS + 60), ("young", KEYS_KEPT_SECONDS - 60)):
            values = RECEIPT | {"user_id": user, "key": key, "created_at": now() - seconds}
            connection.execute(insert(Submission).values(**values))
    remove(engine)
    with engine.connect() as connection:
        assert connection.execute(select(Submission.key)).scalars().all() == ["young"]


def test_logins_tries_and_days_go_when_they_are_over(engine):
    seed(engine, ["wall-1_1"])
    with engine.begin() as connection:
        user, moment = connection.execute(select(User.id, now())).one()
        today = int(moment // 86_400)
        for seconds in (-60, 60):
            connection.execute(insert(Login).values(user_id=user, refresh_id="", expires_at=now() + seconds))
            connection.execute(insert(Attempts).values(key=str(seconds), count=1, until=now() + seconds))
        for day in (today - 10, today):
            connection.execute(insert(Usage).values(user_id=user, day=day, links=1))
    remove(engine)
    with engine.connect() as connection:
        assert connection.execute(select(Login.expires_at > now())).scalars().all() == [True]
        assert connection.execute(select(Attempts.key)).scalars().all() == ["60"]
        assert connection.execute(select(Usage.day)).scalars().all() == [today]


def test_schedulers_of_hosts_that_are_gone_go_and_nodes_stay(engine):
    """A node that is missing has to be seen until somebody says that it is gone: `flask nodes forget`."""
    with engine.begin() as connection:
        for host, seconds in (("gone", SCHEDULERS_KEPT_SECONDS + 60), ("cut off", SCHEDULERS_KEPT_SECONDS - 60)):
            seen = {"host": host, "seen_at": now() - seconds}
            connection.execute(insert(SchedulerProcess).values(name=host, **seen))
            connection.execute(insert(Node).values(url=host, slots=1, version="", traits="{}", **seen))
    remove(engine)
    assert [each.name for each in heartbeat.standings(engine)] == ["cut off"]
    with engine.connect() as connection:
        assert set(connection.execute(select(Node.url)).scalars()) == {"gone", "cut off"}


def test_it_looks_once_in_a_while(engine):
    pruner = Pruner(engine)
    pruner.prune()
    run = seed(engine, ["wall-1_1"])
    age(engine, run, RUNS_KEPT_SECONDS + 60)
    pruner.prune()
    assert runs(engine) == {run}
    pruner.next = 0
    pruner.prune()
    assert not runs(engine)
