"""The witness of the cluster finds what is wrong."""

import pytest

from tests.cluster.witness import check_processes, check_rate, worst_second

LOG = "2026-11-27 10:00:00 [vk_views] INFO: Works on run=a1 batch=b1\n"


def test_the_worst_second_is_the_one_with_the_most_moments():
    assert worst_second([]) == 0
    assert worst_second([5.0, 0.0, 0.5, 0.9, 1.0, 3.0]) == 3


def test_a_token_that_is_used_too_often_is_told():
    journal = [{"token": "a", "time": number / 16} for number in range(100)]
    check_rate(journal, 16)
    with pytest.raises(AssertionError, match="N3: 16 requests"):
        check_rate(journal, 12)


def test_a_run_that_two_processes_work_on_is_told(tmp_path):
    for host in ("node-a", "node-b"):
        folder = tmp_path / host / "scrapyd/logs/default/vk_views"
        folder.mkdir(parents=True)
        check_processes([tmp_path / "node-a", tmp_path / "node-b"])
        (folder / f"{host}.log").write_text(LOG)
    with pytest.raises(AssertionError, match=r"N2: .*'a1'"):
        check_processes([tmp_path / "node-a", tmp_path / "node-b"])
