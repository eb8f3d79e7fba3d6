import shutil
import socket

import pytest

from tests.checkout import copy_to
from tests.crawler.scrapyd.daemon import Scrapyd


@pytest.fixture
def scrapyd(request, tmp_path, migrated_sqlite, copied):
    """Without spares, unless a test asks for some."""
    file = shutil.copy(migrated_sqlite, tmp_path / "views.db")
    with socket.create_server(("127.0.0.1", 0)) as silent_vk:
        scrapyd = Scrapyd(copied, file, silent_vk, getattr(request, "param", 0))
        scrapyd.start()
        yield scrapyd
        scrapyd.clear()
        scrapyd.engine.dispose()


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    return copy_to(tmp_path_factory.mktemp("checkout") / "views")
