"""What who runs the system sees of it."""

import subprocess

import pytest
import requests

from tests.system import PASSWORD

pytestmark = pytest.mark.process


@pytest.fixture
def administrator(running):
    """The system, asked by an administrator."""
    system, _ = running
    command = [str(system.folder / ".venv/bin/flask"), "--app", "control.app", "users", "promote", "analyst"]
    subprocess.run(command, cwd=system.folder, env=system.environment, check=True, capture_output=True)
    return system


def test_the_first_start_is_by_the_address_that_is_printed(running):
    """It comes before the other tests: they make an administrator, and then the address is there no more."""
    system, _ = running
    (line,) = (line for line in system.output if line.lstrip().startswith("first "))
    address = line.split()[1]
    assert address.startswith(f"{system.url}/setup?key=")
    key = address.partition("=")[2]
    assert (system.folder / "var/setup_key").read_text().strip() == key
    assert key not in "".join(log.read_text() for log in (system.folder / "var/logs").glob("*.log"))
    browser = requests.Session()
    who = {"username": "root", "password": PASSWORD, "again": PASSWORD}
    ours = {"Origin": system.url}
    assert browser.post(f"{system.url}/setup", data=who | {"key": "x"}, headers=ours).status_code == 403
    browser.post(f"{system.url}/setup", data=who | {"key": key}, headers=ours)
    assert browser.get(f"{system.url}/system").status_code == 200
    assert not (system.folder / "var/setup_key").exists()


def test_a_system_at_work_is_ready_and_counts(administrator):
    system = administrator
    system.finished(system.submit([f"https://vk.com/wall-1_{item}" for item in range(1, 21)]))
    ready = system.session.get(f"{system.url}/readyz").json()
    assert ready["ready"], ready
    assert ready["details"]["scrapyd"][0]["reachable"]
    assert ready["details"]["leaked_slots"] == 0
    metrics = system.session.get(f"{system.url}/metrics").text.splitlines()
    (answers,) = (line for line in metrics if line.startswith("views_answers_total") and 'code="ok"' in line)
    assert float(answers.split()[-1]) >= 1


def test_the_logs_of_a_batch_are_found_by_its_id(administrator):
    system = administrator
    batch = system.submit(["https://vk.com/wall-1_1"])
    system.finished(batch)
    for log in ("logs/api.log", "logs/scheduler.log"):
        assert f"batch={batch}" in (system.folder / "var" / log).read_text()
    spiders = (system.folder / "var/scrapyd/logs").rglob("*.log")
    (lines,) = (text.splitlines() for text in (log.read_text() for log in spiders) if f"batch={batch}" in text)
    assert "run=" in lines[0]


def test_the_doctor_finds_a_system_at_work_in_order(administrator):
    system = administrator
    flask = str(system.folder / ".venv/bin/flask")
    command = [flask, "--app", "control.app", "doctor", "https://vk.com/wall-1_340364"]
    done = subprocess.run(
        command, cwd=system.folder, env=system.environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "answers, takes the password, and has vk_views" in done.stdout
    assert "token 1: service; wall.getById yes" in done.stdout
    assert "Numbers can be had, by token 1" in done.stdout
    wrong = system.environment | {"SCRAPYD_PASSWORD": "not this scrapyd's, though long enough"}
    done = subprocess.run(command, cwd=system.folder, env=wrong, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "HTTP 401" in done.stdout
    assert "SCRAPYD_PASSWORD" in done.stdout.splitlines()[-1]
