import pytest

from crawler.platforms import known
from tests.control.conftest import problem

LINKS = ["https://vk.com/wall-1_1", "spam", "https://vk.com/wall-1_1"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_links_are_stored_and_the_batch_named(anna, slash):
    answer = anna.post(f"/get-views/vk{slash}", json={"links": LINKS})
    assert answer.status_code == 200
    assert answer.json["message"]
    counts = [answer.json[name] for name in ("accepted", "duplicates", "rejected")]
    assert counts == [1, 1, 1]
    batch = anna.get(answer.json["url"])
    assert (batch.json["id"], batch.json["platform"]) == (answer.json["id"], "vk")
    assert [task["link"] for task in anna.get("/get-bg-tasks").json] == LINKS


def test_there_is_a_route_for_every_platform_and_no_other(app, anna):
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/get-views")}
    assert rules == {f"/get-views/{name}" for name in known()}
    assert problem(anna.post("/get-views/nowhere", json={"links": LINKS})) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"), [({}, "invalid_body"), ({"links": []}, "no_links"), ({"links": [1]}, "invalid_body")]
)
def test_a_bad_body_is_refused(anna, body, code):
    assert problem(anna.post("/get-views/vk", json=body)) == (422, code)
