"""The disk is full: what cannot be stored is not accepted, and when there is room again all goes on by itself."""

import subprocess
from contextlib import suppress

import pytest
from sqlalchemy import update

from crawler.store.models.accounts import User
from tests.chaos import invariants
from tests.chaos.client import FOR_LATER
from tests.chaos.extent import times
from tests.chaos.site import site

pytestmark = pytest.mark.process

MEGABYTES = 100
MOST_ACCEPTED = 20  # batches that find room in what the database has already reserved
SECONDS = 60.0
FULL = "disk is full"


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A system with all it has on a small disk of its own."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder]
    if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("NOT TESTED: a full disk. Mounting a small one takes root, and in a container a privilege")
    try:
        with site(folder, f"sqlite:///{folder / 'views.db'}") as started:
            yield started
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(file):
    """Take all the room there is."""
    with file.open("wb", buffering=0) as rest, suppress(OSError):
        while rest.write(b"\0" * 4096):
            pass


def told(here, anna):
    """What `/readyz` tells her, who is an administrator."""
    return anna.session.get(f"{here.system.url}/readyz", timeout=20).text


def test_readyz_says_so_and_a_delete_works_or_says_why_not(here, anna, batch):
    with here.engine.begin() as connection:
        connection.execute(update(User).where(User.username == anna.name).values(admin=True))
    old = anna.submit(batch(899))
    here.until(lambda: not anna.open(), "finished", SECONDS)
    assert FULL not in told(here, anna)
    rest = here.system.folder.parent / "rest"
    fill(rest)
    here.until(lambda: FULL in told(here, anna), "told")
    answer = anna.ask("DELETE", f"/batches/{old}")
    assert answer.status_code in {204, 507}
    assert answer.status_code == 204 or "to delete takes some room" in answer.json()["detail"]
    rest.unlink()
    anna.erase(old)


@pytest.mark.parametrize("time", times(2, 20))
def test_it_refuses_and_heals(here, anna, batch, time):
    here.vk.set(latency=0.5)
    anna.submit(batch(899))
    here.until(here.working, "working")
    rest = here.system.folder.parent / "rest"
    fill(rest)
    assert any(anna.offer(batch(899)) in FOR_LATER for _ in range(MOST_ACCEPTED))
    rest.unlink()
    here.vk.set(latency=0)
    anna.submit(batch())
    here.until(lambda: not anna.open(), "finished", SECONDS)
    invariants.check(here, [anna])
