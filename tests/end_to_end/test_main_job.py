"""From POST to rows: real processes, real scrapyd, the stand-in for VK."""

from collections import Counter

import pytest

from tests.crawler.platforms.cases import LINKS
from tests.vk_standin import truth

pytestmark = pytest.mark.process

BLOCKERS = ("a" * 32, "b" * 32)  # jobs that only fill scrapyd's slots


def ordinary(count, first=1):
    """Name posts of an ordinary fate."""
    return [item for item in range(first, first + 2 * count) if item % 1000 < 900][:count]


def test_a_thousand_links_end_with_the_right_numbers(running):
    system, _ = running
    items = ordinary(1000)
    rows = system.finished(system.submit([f"https://vk.com/wall-1_{item}" for item in items]))
    assert [row["views"] for row in rows] == [truth.views("wall", -1, item) for item in items]
    assert {row["status"] for row in rows} == {"done"}


def test_links_are_seen_on_their_way(running):
    system, vk = running
    vk.set(latency=0.5)
    batch = system.submit([f"https://vk.com/wall-2_{item}" for item in ordinary(400)])
    seen = set()

    def done():
        answer = system.batch(batch)
        seen.update(status for status, count in answer["counts"].items() if count)
        return answer["state"] == "done"

    try:
        system.until(done, 60, "done")
    finally:
        vk.set(latency=0)
    assert {"created", "in progress", "done"} <= seen


def test_every_link_of_the_table_ends_as_it_should(running):
    system, _ = running
    rows = system.finished(system.submit([case.url for case in LINKS]))
    assert len(rows) == len(LINKS)
    wrong = [
        (row["link"], row["reason"], row["detail"])
        for row, case in zip(rows, LINKS, strict=True)
        if not right(row, case)
    ]
    assert wrong == []


def right(row, case):
    if case.expect == "accept":
        expected = truth.expected(case.kind, case.owner, case.item, "api" if case.kind == "wall" else "page")
        return (row["views"] if isinstance(expected, int) else row["reason"]) == expected
    detail = case.expect.removeprefix("reject:")
    reason = detail if detail in {"unsupported", "short_link"} else "invalid_link"
    return (row["status"], row["reason"]) == ("failed", reason) and row["detail"].startswith(detail)


def test_T24_one_post_is_fetched_once_however_many_links_name_it(running):
    system, vk = running
    vk.reset()
    forms = ["https://vk.com/wall-3_{}", "vk.ru/wall-3_{}", "https://m.vk.com/feed?w=wall-3_{}", "wall-3_{}"]
    rows = system.finished(system.submit([form.format(item) for item in ordinary(50) for form in forms]))
    assert {row["status"] for row in rows} == {"done"}
    assert sum(entry["ids"] for entry in vk.journal() if entry["method"] == "wall.getById") == 50


def test_a_post_without_a_counter_fails_and_is_not_zero(running):
    system, _ = running
    rows = system.finished(system.submit([f"https://vk.com/wall-4_{item}" for item in (903, 904, 905, 916, 901, 902)]))
    assert [(row["status"], row["views"], row["reason"]) for row in rows] == [
        ("failed", None, "views_hidden"),
        ("failed", None, "views_hidden"),
        ("failed", None, "views_hidden"),
        ("done", 0, None),
        ("failed", None, "not_found"),
        ("failed", None, "deleted"),
    ]


def test_the_original_routes_as_their_clients_use_them(running):
    system, _ = running
    system.login("original")
    answer = system.session.post(f"{system.url}/get-views/vk/", json={"links": ["https://vk.com/wall-5_1", "spam"]})
    assert answer.status_code == 200
    assert answer.json()["message"]
    system.finished(answer.json()["id"])
    expected = truth.views("wall", -5, 1)
    assert system.session.get(f"{system.url}/get-bg-tasks").json() == [
        {"platform": "vk", "link": "https://vk.com/wall-5_1", "status": "done", "views": expected},
        {"platform": "vk", "link": "spam", "status": "failed", "views": None},
    ]
    system.login()


def test_the_console_shows_the_runs_and_their_logs(running):
    system, _ = running
    system.finished(system.submit(["https://vk.com/wall-6_1"]))
    finished = system.until(
        lambda: system.scrapyd("listjobs.json?project=default").json()["finished"], 20, "listed as finished"
    )
    assert Counter(job["spider"] for job in finished).keys() == {"vk_views"}
    log = system.scrapyd(finished[0]["log_url"].lstrip("/")).text
    assert "Spider closed (finished)" in log
    assert finished[0]["id"] in system.scrapyd("jobs").text


def test_the_cancel_button_ends_a_running_run_and_its_batch(running):
    system, vk = running
    wait_until_idle(system)
    vk.set(latency=1.0)
    try:
        batches = [system.submit([f"https://vk.com/wall-{owner}_{item}" for item in ordinary(800)]) for owner in (7, 8)]
        assert cancel(system, job(system, "running"))["prevstate"] == "running"
    finally:
        vk.set(latency=0)
    rows = [system.finished(batch) for batch in batches]
    assert sorted(system.batch(batch)["state"] for batch in batches) == ["cancelled", "done"]
    assert {row["reason"] for row in rows[0] + rows[1]} == {None, "cancelled"}


def test_the_cancel_button_ends_a_pending_run_and_its_batch(running):
    system, vk = running
    wait_until_idle(system)
    vk.set(latency=4.0)
    try:
        for blocker in BLOCKERS:
            system.scrapyd("schedule.json", project="default", spider="vk_views", jobid=blocker, links="wall-1_1")
        batch = system.submit(["https://vk.com/wall-9_1", "https://vk.com/wall-9_2"])
        assert cancel(system, job(system, "pending"))["prevstate"] == "pending"
    finally:
        vk.set(latency=0)
    assert [row["reason"] for row in system.finished(batch)] == ["cancelled", "cancelled"]


def wait_until_idle(system):
    def idle():
        status = system.scrapyd("daemonstatus.json").json()
        return status["running"] == status["pending"] == 0

    system.until(idle, 30, "idle")


def job(system, state):
    """Wait until a run of ours is in this state; its id."""

    def found():
        listed = system.scrapyd("listjobs.json?project=default").json()[state]
        return next((each["id"] for each in listed if each["id"] not in BLOCKERS), None)

    return system.until(found, 30, f"there a {state} run")


def cancel(system, job):
    answer = system.scrapyd("cancel.json", project="default", job=job).json()
    assert answer["status"] == "ok"
    return answer
