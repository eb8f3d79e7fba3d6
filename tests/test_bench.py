"""The benchmarks in a tiny form: that they measure what they say they do. How fast anything is is not tested."""

import json
import socket
import subprocess
import sys

import pytest

from tests.bench import (
    attack,
    budget,
    campaigns,
    growth,
    history,
    login,
    million,
    pages,
    places,
    points,
    post,
    posts,
    queue,
    report,
    sheets,
    stored,
)
from tests.bench.__main__ import BENCHES
from tests.bench.figures import Figure, p95
from tests.bench.original import Original
from tests.bench.storage import SQLITE
from tests.checkout import ROOT
from tests.vk_standin.client import StandIn


@pytest.mark.process
def test_the_original_reads_heavy_pages_and_one_at_a_time(tmp_path):
    with StandIn("--page-bytes=200000") as vk, Original(vk.url, tmp_path) as original:
        assert original.work([*posts.links(1, 3), "https://vk.com/wall-1_901"], 0.05) == [*posts.views(1, 3), None]
        pages = [entry["path"] for entry in vk.journal()]
        weight = len(vk.session.get(posts.links(1, 1)[0].replace("https://vk.com", vk.url), timeout=9).content)
    assert pages == [f"/{key}" for key in posts.keys(1, 3)] + ["/wall-1_901"]
    assert 200_000 <= weight < 205_000


@pytest.mark.process
def test_one_spider_is_measured():
    figure, beside = stored.measure(links=300, rounds=1, names=(SQLITE,), tokens=("standin-service",))
    assert figure.value > 0 < beside.value
    assert (figure.goal, beside.goal) == ("≥ 5,000 links/s", "≥ 0.85")


@pytest.mark.process
def test_arrivals_within_the_budget_are_counted():
    share, worst = budget.measure(((20, 1),), seconds=0.4)
    assert share.value > 0
    assert share.how == "8 calls of 100 posts"
    assert 1 <= worst.value <= 8


@pytest.mark.parametrize(
    ("times", "worst"), [([5], 1), ([0, 1, 2], 1), ([0, 0.5, 0.999, 1, 1.4], 4), ([0, 3, 3.2, 3.9, 4.1], 3)]
)
def test_the_worst_second_begins_anywhere_and_ends_before_the_next(times, worst):
    assert budget.worst_window(times) == worst


@pytest.mark.process
def test_many_open_batches_are_compared_with_few():
    round_, ratio, *others = queue.measure(few=4, many=40, users=3, times=2, names=(SQLITE,))
    assert round_.value > 0 < ratio.value
    assert "look" in round_.how
    assert [figure.value > 0 for figure in others] == [True] * 6
    assert [figure.goal for figure in others] == ["≤ 10 ms"] * 3 + [""] * 3


@pytest.mark.process
def test_growth_compares_two_sizes():
    ratio, memory = growth.measure(small=20, large=200, rounds=1, tokens=["standin-user"])
    assert ratio.value > 0
    assert 20 < memory.value < 2000


@pytest.mark.process
def test_the_api_is_measured_alone():
    (accepted,) = post.measure(links=50, times=2, names=(SQLITE,))
    batch, page, memory = million.measure(batches=2, size=300, times=4, names=(SQLITE,))
    assert all(figure.value > 0 for figure in (accepted, batch, page, memory))
    assert "600 links" in memory.what


@pytest.mark.process
def test_pages_are_measured():
    slowest, poll, tabs, ratio = pages.measure(batches=2, size=300, times=2, names=(SQLITE,))
    assert all(figure.value > 0 for figure in (slowest, poll, tabs, ratio))
    assert "/checks/<id>?sort=-views" in slowest.how
    assert list(pages.waits(4)) == [1.0, 2.0, 3.0]
    assert list(pages.waits(500))[-1] - list(pages.waits(500))[-2] == 15.0


@pytest.mark.process
def test_a_campaign_is_measured_and_a_month_of_it_closed():
    page, list_, sum_, closing, wait = campaigns.measure(placements=200, times=1, names=(SQLITE,))
    assert all(figure.value > 0 for figure in (page, list_, sum_, closing, wait))
    assert "/followed/<id>?sort=-views" in page.how


@pytest.mark.process
def test_a_history_is_read_among_others():
    lists, post_ = history.measure(posts=3, each=4, times=2, names=(SQLITE,))
    assert lists.value > 0
    assert post_.value > 0
    assert "12 readings" in post_.what


@pytest.mark.process
def test_followed_posts_are_measured():
    end, day, calls = points.measure(size=950, names=(SQLITE,), tokens=("standin-service",))
    assert end.how.startswith("100 points in 1 rounds")
    assert day.value > 0
    assert (calls.value, calls.goal) == (10, "≤ 12")


@pytest.mark.process
def test_hours_of_followed_posts_pass_at_once():
    many, few = places.measure(size=2_000, hours=1)
    assert 0 < few.value < many.value <= 100
    assert (few.goal, many.goal) == ("", "≥ 95 of 100")


@pytest.mark.process
def test_spreadsheets_are_measured():
    streamed, made, child, slowest, *taken = sheets.measure(rows=300, mebibytes=1, names=(SQLITE,))
    assert streamed.how.startswith("0 MB each")
    assert all(figure.value > 0 for figure in (made, child, slowest))
    assert "/exports/<id>" in slowest.how or "/batches/<id>" in slowest.how
    assert ["comes in" in taken[0].what, "is accepted" in taken[1].what] == [True, True]


@pytest.mark.process
def test_another_user_is_measured_while_everybody_does_their_worst():
    """Every kind of them, or one that cannot even begin would be harmless."""
    middle, looks, batch, memory = attack.measure(seconds=1, links=2000)
    assert 0 < middle.value <= looks.value
    assert looks.goal == "≤ 500 ms"
    assert batch.goal
    assert 20 < memory.value < 2000


@pytest.mark.process
@pytest.mark.parametrize("name", attack.ATTACKERS)
def test_an_attacker_attacks(name):
    """It sends something, or at least comes, and more than once."""
    with socket.create_server(("127.0.0.1", 0), backlog=99) as victim:
        victim.settimeout(30)
        port = victim.getsockname()[1]
        with attack.under_way(attack.Target("127.0.0.1", port, "rich", "poor"), [name]):
            first, _ = victim.accept()
            with first:
                first.settimeout(30)
                assert name == "many connections" or first.recv(9)
            victim.accept()[0].close()


@pytest.mark.process
def test_both_failures_of_a_login_are_timed():
    (ratio,) = login.measure(times=2)
    assert ratio.value > 0
    assert ratio.goal == "0.9 to 1.1"


@pytest.mark.process
def test_what_runs_too_long_for_a_test_is_there_at_least():
    command = [sys.executable, "-m", "tests.bench", "nonesuch"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert f"there are {', '.join(BENCHES)}" in said.stderr


@pytest.mark.parametrize(
    ("figure", "goal", "verdict"),
    [
        (Figure("a", 0.5, "s", at_most=0.5), "≤ 0.5 s", "holds"),
        (Figure("a", 0.51, "s", at_most=0.5), "≤ 0.5 s", "missed"),
        (Figure("a", 1999, "times", at_least=2000), "≥ 2,000 times", "missed"),
        (Figure("a", 0, "%", at_least=0), "≥ 0 %", "holds"),
        (Figure("a", 7), "", ""),
    ],
)
def test_a_figure_knows_its_goal(figure, goal, verdict):
    assert (figure.goal, figure.verdict) == (goal, verdict)


@pytest.mark.parametrize(("samples", "late"), [([3], 3), (range(1, 21), 19), (range(1, 101), 95), ([9, 1], 9)])
def test_the_95th_percentile_is_a_sample(samples, late):
    assert p95(samples) == late


def test_the_table_is_written_down(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "FOLDER", tmp_path / "var")
    report.publish({"one": [Figure("one link", 0.512, "s", at_most=0.5, how="alone")]})
    assert "missed" in capsys.readouterr().out
    markdown, written = (next((tmp_path / "var").glob(f"*.{end}")).read_text() for end in ("md", "json"))
    assert "| one link | 0.512 s | ≤ 0.5 s | missed | alone |" in markdown
    assert json.loads(written)["figures"]["one"][0]["verdict"] == "missed"
