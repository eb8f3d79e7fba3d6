"""Links are whatever somebody sent: `scrapy crawl` shows them as text, and spreadsheets take them for text."""

import csv
import json
import os
import pty
import subprocess
import sys

import pytest

from crawler.adhoc.exporters import cell
from tests.checkout import ROOT
from tests.crawler.conftest import lines
from tests.system import clean_environment

HOSTILE = {  # as it is sent, and as it is shown
    "[/foo]": "[/foo]",
    "[red]x": "[red]x",
    "[link=https://evil.example]x": "[link=https://evil.example]x",
    ":smile:": ":smile:",
    "\x1b[2Jx": r"\x1b[2Jx",
    "\x1b]0;title\x07x": r"\x1b]0;title\x07x",
    "\x9b31mx": r"\x9b31mx",
    "x\x08\x08y": r"x\x08\x08y",
    "x\u202ey": r"x\u202ey",
    "x\u200by": r"x\u200by",
    "x\x7fy": r"x\x7fy",
    "привет": "привет",
    "漢字" * 30: "漢字" * 30,
    "=1+1": "=1+1",
    "@SUM(A1)": "@SUM(A1)",
}


@pytest.mark.process
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_table_shows_text_as_text(crawl, tmp_path, encoding):
    file = tmp_path / "links"
    file.write_text("\n".join(HOSTILE), encoding="utf-8")
    result = crawl("vk_views", "-a", f"links=@{file}", PYTHONIOENCODING=f"{encoding}:strict")
    assert (result.returncode, result.stderr) == (1, "")
    shown = [text.encode(encoding, "backslashreplace").decode(encoding) for text in HOSTILE.values()]
    assert [line[0] for line in lines(result)[1:]] == shown
    assert {line[1] for line in lines(result)[1:]} <= {"invalid_link", "unsupported"}


@pytest.mark.process
def test_so_does_a_terminal(vk):
    command = [sys.executable, "-m", "scrapy", "crawl", "vk_views", "-a", f"links={' '.join(HOSTILE)}"]
    environment = clean_environment() | vk.environment() | {"VK_TOKENS": "standin-service", "TERM": "xterm"}
    ours, theirs = pty.openpty()
    environment["COLUMNS"] = "200"
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := read(ours):
            said += chunk
    os.close(ours)
    assert process.returncode == 1
    for sent, shown in HOSTILE.items():
        assert shown.encode() in said
        assert sent == shown or sent.encode() not in said


def read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # nobody is left who could write
        return b""


@pytest.mark.process
def test_files_hold_text_that_no_spreadsheet_runs(crawl, tmp_path):
    file, other = tmp_path / "o.csv", tmp_path / "o.json"
    result = crawl("vk_views", "-a", "links=-", "-o", str(file), "-o", str(other), stdin="\n".join(HOSTILE))
    assert result.returncode == 1, result.stderr
    text = file.read_bytes().decode()
    rows = list(csv.reader(text.splitlines()))
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    assert not [row for row in rows for cell in row if cell[:1] in set("=+-@\t\r\0")]
    assert not set(text) & set(map(chr, [*range(10), *range(14, 32), *range(127, 160)]))
    assert [row[0] for row in rows[-2:]] == ["'=1+1", "'@SUM(A1)"]
    assert [row["link"] for row in json.loads(other.read_text(encoding="utf-8"))] == list(HOSTILE)


@pytest.mark.parametrize(
    ("text", "as_it_is_stored"),
    [
        ("https://vk.com/wall-1_1", "https://vk.com/wall-1_1"),
        ("", ""),
        ("-1_2", "'-1_2"),
        ("+7999", "+7999"),  # a number stays one
        ("+7-999", "'+7-999"),
        ("-5,5 %", "-5,5 %"),
        ("a\n=1", "a\n=1"),
        ('"=1+1', "'\"=1+1"),
        ("',;=1+1", "'',;=1+1"),
        ("\t=1", r"'\x09=1"),
        ("\r1", r"'\x0d1"),
        ("\0=1", r"'\x00=1"),
        ("＝1+1", "'＝1+1"),
        ("'", "'"),
    ],
)
def test_T37_a_cell_that_begins_as_a_formula_is_marked_as_text(text, as_it_is_stored):
    assert cell(text) == as_it_is_stored


@pytest.mark.process
def test_what_is_refused_repeats_no_escape_sequence(crawl):
    for argument in ("links=@\x1b[2J", "links=@/no/\x9bsuch", "\x1b[2J=x"):
        result = crawl("vk_views", "-a", argument)
        assert result.returncode == 2
        assert "\x1b" not in result.stdout + result.stderr
        assert "\x9b" not in result.stdout + result.stderr
