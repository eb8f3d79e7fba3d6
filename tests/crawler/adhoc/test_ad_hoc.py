"""`scrapy crawl vk_views -a links=…` as people run it: a process, its table, its files, its exit code."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import xlsxwriter
from openpyxl import load_workbook

from tests.checkout import ROOT
from tests.crawler.conftest import lines
from tests.system import clean_environment
from tests.vk_standin import truth

pytestmark = pytest.mark.process

LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_903", "https://example.com/"]


def test_the_table_and_the_exit_code(crawl):
    result = crawl("vk_views", "-a", f"links={' '.join(LINKS)}")
    views, others = truth.views("wall", -1, 1), truth.companions("wall", -1, 1)
    assert lines(result) == [
        ["link", "views", "likes", "comments", "reposts", "reason"],
        [LINKS[0], *map(str, (views, others["likes"], others["comments"], others["reposts"]))],
        [LINKS[1], "views_hidden"],
        [LINKS[2], "invalid_link"],
    ]
    assert (result.returncode, result.stderr) == (1, "")


def test_all_done_is_exit_code_0(crawl):
    result = crawl("vk_views", "-a", f"links={LINKS[0]}")
    assert result.returncode == 0, result.stderr


def test_links_from_a_file_and_from_standard_input(crawl, tmp_path):
    file = tmp_path / "links.txt"
    file.write_text("\ufeff" + "\n".join(LINKS), encoding="utf-8")
    from_file = crawl("vk_views", "-a", f"links=@{file}")
    from_input = crawl("vk_views", "-a", "links=-", stdin="\n".join(LINKS))
    assert from_file.stdout == from_input.stdout
    assert len(lines(from_file)) == 4


def test_csv_and_json_hold_the_same_rows(crawl, tmp_path):
    result = crawl("vk_views", "-a", f"links={' '.join(LINKS)}", "-O", f"{tmp_path}/o.csv", "-O", f"{tmp_path}/o.json")
    assert result.returncode == 1, result.stderr
    rows = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert [list(row) for row in rows] == [["link", "views", "likes", "comments", "reposts", "reason"]] * 3
    assert [(row["link"], row["views"], row["reason"]) for row in rows] == [
        (LINKS[0], truth.views("wall", -1, 1), None),
        (LINKS[1], None, "views_hidden"),
        (LINKS[2], None, "invalid_link"),
    ]
    table = list(csv.DictReader(io.StringIO((tmp_path / "o.csv").read_text(encoding="utf-8"))))
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    assert table == as_text


def test_a_spreadsheet_comes_back_with_its_own_columns_beside_the_numbers(crawl, tmp_path):
    """Written by one library and read by another: numbers are numbers, text is text, nothing is a formula."""
    with xlsxwriter.Workbook(tmp_path / "in.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Октябрь")
        sheet.write_row(0, 0, ["Блогер", "views", "Пост"])
        sheet.write_row(1, 0, ["Анна", "=1+1", LINKS[0]])
        sheet.write_row(2, 0, ["Борис", "007", "нет"])
        sheet.write_row(3, 0, ["Вера", "-5", f"{LINKS[1]} {LINKS[0]}"])
    files = [tmp_path / f"out.{kind}" for kind in ("xlsx", "csv", "json")]
    outputs = [part for file in files for part in ("-O", str(file))]
    result = crawl("vk_views", "-a", f"links=@{tmp_path}/in.xlsx", *outputs)
    assert result.returncode == 1, result.stderr
    assert "left out: 1" in result.stderr
    views = truth.views("wall", -1, 1)
    book = load_workbook(files[0])
    header, *rows = book.active.iter_rows(values_only=True)
    assert header == ("Блогер", "views", "link", "views", "likes", "comments", "reposts", "reason")
    assert [(*row[:4], row[7]) for row in rows] == [
        ("Анна", "=1+1", LINKS[0], views, None),
        ("Вера", "-5", LINKS[1], None, "views_hidden"),
        ("Вера", "-5", LINKS[0], views, None),
    ]
    assert {cell.data_type for cell in book.active[2]} == {"s", "n"}
    table = list(csv.reader(io.StringIO(files[1].read_text(encoding="utf-8"))))
    assert table[0] == list(header)
    assert table[1][:4] == ["Анна", "'=1+1", LINKS[0], str(views)]
    assert json.loads(files[2].read_text(encoding="utf-8"))[0]["own"] == {"Блогер": "Анна", "views": "=1+1"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["vk_views"], "links"),
        (["vk_views", "-a", "links="], "links="),
        (["vk_views", "-a", "links=@/no/such/file"], "/no/such/file"),
        (["vk_views", "-a", "links=wall-1_1", "-a", "batch=5"], "batch"),
        (["vk_views", "-a", "links=wall-1_1", "-a", "run=5"], "links, or"),
        (["vk_views", "-a", "links=wall-1_1", "-O", "/dev/null/out.csv"], "/dev/null/out.csv: "),
        (["vk_views", "-a", "links=wall-1_1", "-O", "out.xyz"], "xyz"),
        (["vk_views", "-a", "links=wall-1_1", "-o", "/tmp/out.xlsx"], "-O"),
        (["vk_views", "-a", "links=@tests/vk_standin/__init__.py"], "empty"),
        (["ok_views", "-a", "links=wall-1_1"], "vk_views"),
        ([], "vk_views"),
    ],
)
def test_wrong_arguments_are_exit_code_2_and_a_line(crawl, arguments, word):
    result = crawl(*arguments)
    assert result.returncode == 2
    assert word in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_setting_is_exit_code_2_and_repeats_no_token(crawl):
    result = crawl("vk_views", "-a", "links=wall-1_1", VK_TOKENS="canary token")
    assert result.returncode == 2
    assert "VK_TOKENS" in result.stderr
    assert "canary" not in result.stdout + result.stderr


def test_without_a_token_it_reads_pages(crawl):
    result = crawl("vk_views", "-a", "links=wall-1_930 wall-1_937 wall-1_938", VK_TOKENS="")
    assert [line[1] for line in lines(result)[1:]] == [str(truth.views("wall", -1, item)) for item in (930, 937, 938)]
    assert result.returncode == 0


def test_it_needs_no_database(crawl, tmp_path):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    assert crawl("vk_views", "-a", "links=wall-1_1", SQLALCHEMY_DATABASE_URL=nowhere).returncode == 0


def test_without_a_network_it_gives_up_soon(crawl):
    nowhere = "http://127.0.0.1:9"
    both = {"VK_API_URL": nowhere}, {"VK_SITE_URL": nowhere, "VK_TOKENS": ""}
    with ThreadPoolExecutor(2) as at_once:  # each waits for two tries more
        results = list(at_once.map(lambda settings: crawl("vk_views", "-a", "links=wall-1_1", **settings), both))
    for result in results:
        assert lines(result)[1:] == [["wall-1_1", "network"]]
        assert "Traceback" not in result.stderr


def test_interrupted_it_shows_what_it_has(vk):
    vk.reset()
    vk.fault(hang=True, times=0)
    command = [sys.executable, "-m", "scrapy", "crawl", "vk_views", "-a", f"links={LINKS[0]} {LINKS[2]}"]
    environment = clean_environment() | vk.environment() | {"VK_TOKENS": "standin-service"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        while not vk.journal():
            time.sleep(0.05)
        for _ in range(2):
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.3)
        output, _ = process.communicate(timeout=30)
    assert [line.split() for line in output.splitlines()][1:] == [[LINKS[0], "cancelled"], [LINKS[2], "invalid_link"]]
    assert process.returncode == 1


def test_interrupted_once_it_stores_what_it_shows(vk, tmp_path):
    vk.reset()
    vk.set(latency=3.0)
    command = [sys.executable, "-m", "scrapy", "crawl", "vk_views", "-a", f"links={LINKS[0]} {LINKS[2]}"]
    environment = clean_environment() | vk.environment() | {"VK_TOKENS": "standin-service"}
    arguments = ["-O", f"{tmp_path}/o.json"]
    with subprocess.Popen([*command, *arguments], cwd=ROOT, env=environment, stdout=-1, text=True) as process:
        while not vk.journal():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    rows = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    stored = [[row["link"], str(row["views"] or row["reason"])] for row in rows]
    assert [line.split()[:2] for line in output.splitlines()[1:]] == stored
    assert [link for link, _ in stored] == [LINKS[0], LINKS[2]]
