"""What who runs the system sees of it."""

import subprocess

import pytest


@pytest.fixture
def administrator(running):
    """The system, asked by an administrator."""
    system, _ = running
    command = [str(system.folder / ".venv/bin/flask"), "--app", "control.app", "users", "promote", "analyst"]
    subprocess.run(command, cwd=system.folder, env=system.environment, check=True, capture_output=True)
    return system


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
