"""The Dockerfile and compose.yaml are right, shut in what they start, and name what the code reads and answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from control.app import create_app
from control.settings import ROLES, Settings
from crawler import platforms
from crawler.process import environment
from crawler.process.lifeline import STOP_SECONDS
from tests.checkout import ROOT
from tests.system import clean_environment
from tests.test_documents import OPERATING, first_cells

PROGRAMS = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROXY = (ROOT / "docs/deploy/haproxy.cfg").read_text()
OURS = ("migrate", "api", "scheduler", "node")
OTHERS_IMAGES = {"DATABASE_IMAGE": "database", "PROXY_IMAGE": "proxy"}
IMAGES = {"VIEWS_IMAGE", "PYTHON_IMAGE", *OTHERS_IMAGES}
WHOLE_SECRETS = {f"{name}_FILE" for name in environment.SECRETS}

pytestmark = pytest.mark.process


def run(program, *arguments, **variables):
    command = [PROGRAMS / program, *arguments]
    kept = clean_environment() | variables
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def read(**variables):
    """What Compose makes of compose.yaml. No file `.env` of whoever runs the tests is looked at."""
    return json.loads(run("docker-compose", f"--env-file={os.devnull}", "config", "--format=json", **variables))


@pytest.fixture(scope="module")
def project():
    return read()


@pytest.fixture(scope="module")
def services(project):
    return project["services"]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('compose')}/views.db")
        app = create_app(Settings(secret_key="k" * 32, scrapyd_password="p" * 32))
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_hadolint_finds_nothing():
    assert run("hadolint", "--no-color", "Dockerfile") == ""


def test_only_what_runs_gets_into_the_image():
    """Secrets and data lie in folders that are not named there."""
    first, *others = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = {words.split()[0] for words in re.findall(r"^COPY (?!--from)(.*)", DOCKERFILE, re.MULTILINE)}
    assert first == "*"
    assert {line.removeprefix("!") for line in others if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_names_what_the_code_has(paths):
    assert f"org.scrapy.project={environment.PROJECT} org.scrapy.spiders=" in DOCKERFILE
    spiders = re.search(r"org\.scrapy\.spiders=(\S+)", DOCKERFILE)[1].split(",")
    assert spiders == [f"{name}_views" for name in platforms.known()]
    folder = re.search(r"^WORKDIR (.*)", DOCKERFILE, re.MULTILINE)[1]
    assert f"VOLUME {folder}/{environment.VAR.relative_to(ROOT)}" in DOCKERFILE
    assert f"EXPOSE {Settings.model_fields['port'].default} 6800" in DOCKERFILE
    assert re.search(r"127\.0\.0\.1:8000(/\w+)", DOCKERFILE)[1] in paths
    assert re.search(r"^USER \d+:\d+$", DOCKERFILE, re.MULTILINE)


def test_every_variable_is_a_setting(services):
    known = {*first_cells(OPERATING, "Settings"), *WHOLE_SECRETS}
    for name in OURS:
        assert set(services[name]["environment"]) <= known, name


def test_every_secret_that_is_named_is_there(services):
    for name in OURS:
        files = {value for key, value in services[name]["environment"].items() if key.endswith("_FILE")}
        assert files == {f"/run/secrets/{secret['source']}" for secret in services[name]["secrets"]}, name
    database = services["database"]
    assert database["environment"]["POSTGRES_PASSWORD_FILE"] == f"/run/secrets/{database['secrets'][0]['source']}"


def test_every_role_is_started_and_the_api_and_the_scheduler_twice(services):
    assert {services[name]["environment"]["ROLES"] for name in OURS} == set(ROLES)
    assert all(services[name]["deploy"]["replicas"] == 2 for name in ("api", "scheduler"))


def test_there_is_time_to_end_in_order(services):
    for name in OURS:
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_all_are_shut_in(services):
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["mem_limit"]) <= 2 * 1024**3, name
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["ports"][0]["host_ip"] == "127.0.0.1"


def test_the_apis_believe_the_proxy_and_nobody_else(project):
    services = project["services"]
    trusted = project["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert services["api"]["environment"]["TRUSTED_PROXIES"] == trusted
    assert [name for name, service in services.items() if "front" in service["networks"]] == ["api", "proxy"]
    assert "http-request set-header X-Forwarded-For %[src]" in PROXY


def test_probes_and_ports_are_the_codes(services, paths):
    api = services["api"]
    port = api["environment"]["PORT"]
    assert re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", api["healthcheck"]["test"][1]).groups() == (port, "/servez")
    assert re.search(r"uri (/\w+)", PROXY)[1] == "/servez"
    assert "/servez" in paths
    assert f" api:{port}\n" in PROXY
    assert f"bind :{services['proxy']['ports'][0]['target']}\n" in PROXY
    asked = re.search(r"gethostname\(\), (\d+)", services["node"]["healthcheck"]["test"][1])[1]
    assert f"NODE_URL=http://$$(hostname):{asked} " in services["node"]["command"][2]


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_every_image_can_be_another_one(name):
    found = json.dumps(read(**{name: "registry.example/other"})["services"])
    assert found.count("registry.example/other") == (1 if name in OTHERS_IMAGES else len(OURS))


def test_every_variable_of_compose_is_in_the_document():
    section = re.search(r"^## With Compose\n(.*?)^## ", OPERATING, re.DOTALL | re.MULTILINE)[1]
    for name in re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "compose.yaml").read_text()):
        assert f"`{name}`" in section or f"{name}=" in section, name
