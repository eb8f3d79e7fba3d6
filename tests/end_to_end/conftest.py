import pytest

from tests.system import system


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The system and its stand-in for VK, started once for the tests of a module: slow is what they must not be."""
    with system(tmp_path_factory.mktemp("checkout") / "views", VK_TOKENS="standin-service", MAX_RUNS="2") as pair:
        yield pair
