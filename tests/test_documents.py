"""The documents tell the truth: what the code has they name, and what they link to is there."""

import re
from pathlib import Path

import pytest

from control.app import create_app
from control.errors import ApiError
from control.settings import Settings
from control.web import problems
from crawler import platforms
from crawler.reasons import Reason
from tests.vk_standin import truth

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
USING = (ROOT / "docs/using.md").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text()
ENVIRONMENT = re.compile(r'environ(?:ment\.\w+)?(?:\.get)?[(\[]"([A-Z_]+)"')
NEVER_SHOWN = {"HEAD", "OPTIONS"}
FOR_BROWSERS = {"/docs/swagger/<path:filename>", "/static/<path:filename>", "/docs/"}  # scripts of the page itself


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('documents')}/views.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", url)
        yield create_app(Settings(secret_key="k" * 32, scrapyd_password="p" * 32))


def rows(text, section):
    """The rows of a section's table, as lists of cells."""
    table = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)[1]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]  # after the header
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cell):
    """What a cell names in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def first_cells(text, section):
    return [name for row in rows(text, section) for name in named(row[0])]


def all_errors(kind=ApiError):
    return {kind.code, *(code for under in kind.__subclasses__() for code in all_errors(under))}


def test_every_setting_is_in_the_table_and_nothing_else():
    read = {name for file in ROOT.glob("crawler/**/*.py") for name in ENVIRONMENT.findall(file.read_text())}
    of_platforms = {name for platform in platforms.known().values() for name in platform.SETTINGS}
    of_control = {name.upper() for name in Settings.model_fields}
    listed = first_cells(OPERATING, "Settings")
    assert sorted(listed) == sorted(read | of_platforms | of_control)


def test_every_reason_is_in_the_table_and_whether_it_can_be_retried():
    listed = rows(USING, "Status and reason of a link")
    assert {name: row[-1] for row in listed for name in named(row[0])} == {
        reason: "yes" if reason.retryable else "no" for reason in Reason
    }


def test_every_error_code_is_in_the_table():
    codes = all_errors() | {code for code, _ in problems.FRAMEWORK.values()} | {"internal"}
    assert sorted(first_cells(USING, "Errors")) == sorted(codes)


def named_routes():
    """Methods and paths that the table of routes names; `GET`, `PATCH /users/me` are two methods of one path."""
    found = set()
    for cell, *_ in rows(USING, "Routes"):
        methods: list[str] = []
        for name in named(cell):
            words = name.split()
            methods = [*methods, words[0]] if words[0].isupper() else methods
            if words[-1].startswith("/"):
                found |= {(method, words[-1]) for method in methods}
                methods = []
    return found


def test_every_route_is_in_the_table(app):
    there = {
        (method, "/get-views/vk" if rule.rule.startswith("/get-views") else rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - NEVER_SHOWN
        if rule.rule not in FOR_BROWSERS and not rule.endpoint.startswith(("pages.", "assets."))
    }
    assert named_routes() == there


def commands(group, prefix=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*prefix, name))
        elif prefix or command.callback.__module__.startswith("control"):
            yield " ".join((*prefix, name))


def test_every_command_of_ours_is_in_the_operators_document(app):
    ours = list(commands(app.cli))
    assert "rescue" in ours
    for command in ours:
        assert command.split()[-1] in OPERATING, command
    makefile = (ROOT / "Makefile").read_text()
    for text in (file.read_text() for file in DOCUMENTS):
        for target in re.findall(r"`make ([a-z]+)[^`]*`", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_room_is_in_the_architecture():
    folders = [folder for package in ("control", "crawler") for folder in (ROOT / package).iterdir()]
    rooms = {f"{folder.relative_to(ROOT)}/" for folder in folders if any(folder.glob("**/*.py"))}
    named_rooms = named("\n".join(row[0] for row in rows((ROOT / "docs/architecture.md").read_text(), "Rooms")))
    assert rooms <= set(named_rooms)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]*)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", [ROOT / "CONTRIBUTING.md", ROOT / "docs/architecture.md", ROOT / "docs/vk.md"])
def test_every_file_that_is_named_is_there(document):
    for name in re.findall(r"`((?:control|crawler|tests)/[\w/.]+)`", document.read_text()):
        assert (ROOT / name).exists(), name


def test_the_numbers_of_the_readmes_session_are_the_stand_ins():
    """`make containers` asks all of it; this tells at once when the stand-in has come to other numbers."""
    shown = re.findall(r'wall-1_340364".*?"views": ?(\d+)', (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown == [str(truth.views("wall", -1, 340364))] * 2


def test_the_readme_can_be_read_in_one_go():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
