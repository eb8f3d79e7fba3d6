import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from control.monitoring import heartbeat
from control.web.engine import db
from crawler.queue import answer_counts, budgets
from crawler.store.database import writing
from tests.control.conftest import problem
from tests.seed import seed


def samples(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    found = (sample for family in families for sample in family.samples)
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in found}


def change(statement):
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def test_who_may_read_them(anonymous, anna, admin):
    assert problem(anonymous.get("/metrics")) == (401, "not_authenticated")
    assert problem(anna.get("/metrics")) == (403, "administrators_only")
    assert admin.get("/metrics").status_code == 200


def test_an_empty_database_has_metrics_too(admin):
    found = samples(admin)
    assert found["views_batches_open",] == 0
    assert found["views_oldest_waiting_seconds",] == 0
    assert ("views_scheduler_beat_age_seconds",) not in found


def test_links_and_batches(admin):
    seed(db.engine, ["wall-1_1", "wall-1_2", "nonsense"])
    found = samples(admin)
    assert found["views_links", "", "created", "vk"] == 2
    assert found["views_links", "failed", "invalid_link", "vk"] == 1
    assert found["views_batches_open",] == 1


def test_how_long_links_took(admin):
    seed(db.engine, ["wall-1_1", "wall-1_2", "nonsense"])
    change("UPDATE batches SET created_at = created_at - 100")
    change(
        "UPDATE links SET status = 'failed', reason = 'lost', finished_at = (SELECT created_at FROM batches) + 20"
        " WHERE status = 'created'"
    )
    found = samples(admin)
    assert found["views_link_duration_seconds_bucket", "15"] == 0
    assert found["views_link_duration_seconds_bucket", "60"] == 2
    assert found["views_link_duration_seconds_bucket", "+Inf"] == 2
    assert found["views_link_duration_seconds_gsum",] == pytest.approx(40)


def test_runs(admin):
    seed(db.engine, ["wall-1_1"])
    seed(db.engine, ["wall-1_1"])
    change(
        "UPDATE runs SET state = 'finished', outcome = 'finished', started_at = created_at - 7,"
        " finished_at = created_at WHERE id = (SELECT min(id) FROM runs)"
    )
    found = samples(admin)
    assert found["views_runs", "finished", "finished", "vk"] == 1
    assert found["views_runs", "", "queued", "vk"] == 1
    assert found["views_run_duration_seconds_bucket", "15"] == 1
    assert found["views_run_duration_seconds_gcount",] == 1


def test_budgets_by_their_fingerprint(admin):
    budgets.pause(db.engine, "token:abc", 3600, "VK error 9 (flood)")
    with writing(db.engine) as connection:
        budgets.reserve(connection, [("host:vk.com", 1 / 3600)])
    found = samples(admin)
    assert found["views_budget_paused_seconds", "token:abc"] == pytest.approx(3600, rel=0.1)
    assert found["views_budget_wait_seconds", "token:abc"] == 0
    assert found["views_budget_wait_seconds", "host:vk.com"] == pytest.approx(3600, rel=0.1)


def test_answers_by_their_code(admin):
    run_id = seed(db.engine, ["wall-1_1"])
    with db.engine.begin() as connection:
        answer_counts.count(connection, run_id, {"ok": 1, "vk 6": 1})
        answer_counts.count(connection, run_id, {"ok": 1})
    found = samples(admin)
    assert found["views_answers_total", "ok", "vk"] == 2
    assert found["views_answers_total", "vk", "vk 6"] == 1


def test_the_schedulers_beat_and_the_oldest_link(admin):
    heartbeat.write(db.engine)
    seed(db.engine, ["wall-1_1"], run=False)
    change("UPDATE batches SET created_at = created_at - 100")
    found = samples(admin)
    assert found["views_scheduler_beat_age_seconds",] < 5
    assert found["views_oldest_waiting_seconds",] == pytest.approx(100, abs=5)


def test_links_are_not_counted_at_every_scrape(admin):
    seed(db.engine, ["wall-1_1"])
    assert samples(admin)["views_links", "", "created", "vk"] == 1
    seed(db.engine, ["wall-1_1"])
    assert samples(admin)["views_links", "", "created", "vk"] == 1
