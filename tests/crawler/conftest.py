"""`scrapy crawl` as people run it."""

import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.system import clean_environment
from tests.vk_standin.client import StandIn


@pytest.fixture(scope="module")
def vk():
    with StandIn() as started:
        yield started


@pytest.fixture
def crawl(vk, tmp_path):
    def run(*arguments, stdin="", **settings):
        command = [sys.executable, "-m", "scrapy", "crawl", *arguments]
        environment = clean_environment() | vk.environment() | {"VK_TOKENS": "standin-service"} | settings
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    vk.reset()
    return run


def lines(result):
    """The words of each line of the table."""
    return [line.split() for line in result.stdout.splitlines()]
