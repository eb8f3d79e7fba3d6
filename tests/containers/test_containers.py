"""compose.yaml as it stands: from nothing to numbers by the documents' own commands, and on when parts are killed."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.checkout import copy_to
from tests.containers import documents, images
from tests.containers.lab import PACKAGES, cgroups, lab, why_not
from tests.containers.project import SLOW, TOKEN, Project
from tests.vk_standin import truth

PASSWORD = "a long password"  # anna's, in the README
ITEMS, WALLS = range(1, 301), 8  # posts of each wall, and walls of a batch: eight seconds of VK's rate
SECTION = documents.section("docs/operating.md", "With Compose")
SECRETS, UP, ADMINISTRATOR, BACKUP, RESTORE = documents.snippets(SECTION)
README = documents.session(documents.section("README.md", "One batch, from POST to number"))
FACTS = re.compile(
    r'"(username|accepted|duplicates|rejected|reason|advice|platform|link|status|views|likes|comments|reposts|source)"'
    r': ?("[^"]*"|\d+|null)'
)

pytestmark = [pytest.mark.process, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def fetched():
    """A folder with what all is made of, on a disk: images are large. `CONTAINERS` may name one that is kept."""
    if why := why_not():
        pytest.fail(f"NOT TESTED: {why}")
    kept = os.environ["CONTAINERS"]
    folder = Path(tempfile.mkdtemp(prefix="views-stats-", dir="/var/tmp") if kept == "anew" else kept).resolve()
    images.fetch(folder)
    yield folder
    if kept == "anew":
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def machine(fetched):
    """A machine with all images."""
    of_others = cgroups()
    root = images.bootstrap(PACKAGES, fetched / "machine")
    shutil.rmtree(fetched / "checkout", ignore_errors=True)
    checkout = copy_to(fetched / "checkout")
    with lab(root, fetched) as running:
        images.build(running, fetched, checkout)
        yield running
    assert str(fetched) not in Path("/proc/mounts").read_text()
    assert cgroups() == of_others


@pytest.fixture(scope="module")
def project(machine):
    """All of it up, by the documents' commands."""
    running = Project(machine, machine.shared / "checkout")
    running.shell(SECRETS.replace("vk1.a.first,vk1.a.second", TOKEN))
    running.shell(UP)
    yield running
    running.shell("docker compose down --volumes")
    assert machine.containers("--all") == []
    assert machine.run("podman", "volume", "ls", "--quiet") == ""


@pytest.fixture
def anna(project):
    project.login("anna", PASSWORD)
    return project


def posts(first):
    return [(first + wall, item) for wall in range(WALLS) for item in ITEMS]


def links(first):
    return [f"https://vk.com/wall-{owner}_{item}" for owner, item in posts(first)]


def right(rows, first):
    """Whether each link has its post's number."""
    assert [row["views"] for row in rows] == [truth.views("wall", -owner, item) for owner, item in posts(first)]


def test_the_image_alone_is_the_whole_system(machine):
    """Whoever runs it without Compose gets what `make run` starts, and it is well by its own health check."""
    options = ["--read-only", "--cap-drop=all", "--tmpfs=/tmp", "--init", "--name=alone", "--detach"]
    machine.run("podman", "run", *options, "localhost/views-stats")
    machine.until(lambda: machine.containers("--filter=health=healthy"), SLOW, "healthy")
    machine.until(lambda: "ready" in machine.run("podman", "logs", "alone"), SLOW, "ready")
    machine.run("podman", "rm", "--force", "--time=15", "--volumes", "alone")


def test_all_are_up_and_well(project):
    found = [json.loads(line) for line in project.shell("docker compose ps --all --format json").splitlines()]
    well = sorted((each["Service"], each["State"], each["Health"] or each["ExitCode"]) for each in found)
    assert well == [
        *[("api", "running", "healthy")] * 2,
        ("database", "running", "healthy"),
        ("migrate", "exited", 0),
        ("node", "running", "healthy"),
        ("proxy", "running", 0),
        *[("scheduler", "running", 0)] * 2,
        ("vk", "running", 0),
    ]


def test_the_readmes_session(project):
    """Its commands answer what it says that they answer."""
    batch = ""
    for command, shown in README:
        if not command.startswith("curl"):
            continue
        command = re.sub(r"(?<=/batches/)\w{32}", batch, command)  # noqa: PLW2901
        wanted, said = FACTS.findall(shown), []

        def answers(command=command, wanted=wanted, said=said):
            said[:] = [project.type(command)]
            return FACTS.findall(said[0]) == wanted

        if "-d" in command:
            assert answers(), said
        else:
            project.lab.until(answers, SLOW, f"what the README says, but {said}")
        answer = json.loads(said[0])
        project.token = answer.get("token", project.token) if isinstance(answer, dict) else project.token
        batch = answer.get("id", "") if isinstance(answer, dict) else batch


def test_the_administrator_comes_by_commands(anna):
    made = [line.replace("exec api", "exec -T api") for line in ADMINISTRATOR.splitlines()]
    anna.shell(made[0].replace("anna", "olga"), given=f"{PASSWORD} again\n" * 2)
    anna.shell(made[1])
    assert re.search(r"^anna +yes", anna.flask("users", "list"), re.MULTILINE)
    assert anna.ask("/readyz")["ready"], anna.ask("/readyz")


def test_nodes_are_added_by_their_number(anna):
    with (anna.checkout / ".env").open("a") as settings:
        settings.write("NODES=2\n")
    anna.shell(UP)
    running = {each["Id"][:12] for each in anna.containers("node").values()}
    seen = {f"http://{name}:6800" for name in running}
    anna.lab.until(lambda: seen <= set(anna.flask("nodes", "list").split()), SLOW, "registered")


def api_at_work(project):
    return next(iter(project.containers("api")))


def leading_scheduler(project):
    (host,) = project.sql("SELECT name FROM leaders JOIN schedulers USING (host)")  # its container's
    return next(name for name, each in project.containers("scheduler").items() if each["Id"].startswith(host))


def node_at_work(project):
    query = "SELECT node FROM runs WHERE state = 'running' AND finished_at IS NULL"
    url = project.lab.until(lambda: project.sql(query), SLOW, "at work")[0]
    return next(name for name, each in project.containers("node").items() if each["Id"][:12] in url)


@pytest.mark.parametrize(
    ("service", "chosen", "owner"),
    [("api", api_at_work, 300), ("scheduler", leading_scheduler, 310), ("node", node_at_work, 320)],
)
def test_a_batch_ends_whatever_is_killed(anna, service, chosen, owner):
    batch = anna.submit(links(owner))
    name = chosen(anna)
    before = anna.containers(service)[name]["Pid"]
    anna.kill(service, name)
    right(anna.finished(batch), owner)
    anna.lab.until(lambda: anna.containers(service).get(name, {}).get("Pid", before) != before, SLOW, "started again")


def test_a_backup_comes_back(anna):
    batch = anna.submit(links(330))
    right(anna.finished(batch), 330)
    anna.shell(BACKUP)
    anna.ask("/batches", {"links": ["https://vk.com/wall-1_1"]})
    anna.shell(RESTORE)
    assert [each["id"] for each in anna.ask("/batches?limit=1")["batches"]] == [batch]
    right(anna.finished(batch), 330)


def test_it_can_be_brought_up_anew(anna):
    """As an upgrade does; every container is made anew, and what was stored is there."""
    before = {each["Id"] for each in anna.lab.containers()}
    anna.shell(f"{UP.strip()} --force-recreate")
    assert before.isdisjoint(each["Id"] for each in anna.lab.containers())
    anna.login("anna", PASSWORD)
    assert anna.ask("/batches")["batches"]
