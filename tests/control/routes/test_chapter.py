"""The chapter of docs/using.md that follows a campaign for a month: its commands, as they stand, do what it says."""

import io
import re
import shlex
from datetime import UTC, datetime

import pytest

from control.campaigns.months import Month
from control.reports.value_at import Basis
from tests.test_documents import USING

pytestmark = pytest.mark.process

CHAPTER = re.search(r"^## Follow a campaign for a month\n(.*?)(?=^## )", USING, re.DOTALL | re.MULTILINE)[1]
BLOCKS = re.findall(r"```console\n(.*?)```", CHAPTER, re.DOTALL)
FILE = BLOCKS[0].partition("\n")[2].encode()
COMMANDS = [command for block in BLOCKS[1:] for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
OVER = Month.named(datetime.now(UTC).strftime("%Y-%m"), "UTC").before  # the chapter's month, when it is over


def run(client, command, ids):
    """Do what curl does."""
    for name, id_ in ids.items():
        command = command.replace(name, id_)
    words = shlex.split(command.replace("\\\n", " "))
    given = {flag: words[words.index(flag) + 1] for flag in ("-d", "-F", "-X") if flag in words}
    (address,) = [word for word in words if word.startswith("localhost:5000")]
    more = {"data": given["-d"].encode(), "content_type": "application/json"} if "-d" in given else {}
    if "-F" in given:
        more = {"data": {"file": (io.BytesIO(FILE), "november.csv")}}
    method = given.get("-X", "POST" if more else "GET")
    return client.open(address.removeprefix("localhost:5000"), method=method, buffered=True, **more)


def test_every_command_does_what_the_chapter_says(anna):
    ids, answers = {}, {}
    for command in COMMANDS:
        over = command.replace("2026-11", OVER) if "events" in answers else command  # which comes last in the month
        answer = run(anna, over, ids)
        assert answer.status_code < 300, (command, answer.text)
        if "localhost:5000/campaigns \\" in command:
            ids["CAMPAIGN"] = answer.json["id"]
        if "-F file" in command:
            ids["IMPORT"] = answer.json["id"]
        name = re.search("localhost:5000([^ ?']*)", command)[1].rpartition("/")[2].strip()
        answers[name] = answer
    assert answers["accept"].json["accepted"] == 2
    assert [(row["blogger"], row["cost"]) for row in answers["placements"].json["placements"]] == [
        ("Анна", 15000),
        ("Борис", 9500.5),
    ]
    assert answers["totals"].json["finished"] is True
    assert answers["close"].json["state"] == "closed"
    assert answers["neutral"].text.startswith("\ufefferid;")
    assert answers["reopen"].json["state"] == "reopened"


def test_every_basis_is_told_to_customers():
    assert re.findall(r"^\| `(\w+)` \|", CHAPTER, re.MULTILINE) == ["basis", *map(str, Basis)]
