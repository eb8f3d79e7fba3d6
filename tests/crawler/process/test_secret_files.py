import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from secrets import token_hex

import pytest

from crawler.process.secret_files import read_or_create


def make(path):
    return read_or_create(path, token_hex)


def test_a_secret_is_made_once_and_kept(tmp_path):
    path = tmp_path / "var" / "secret"
    first = make(path)
    assert make(path) == first
    assert len(first) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


@pytest.mark.process
def test_processes_that_make_it_at_once_all_get_the_same(tmp_path):
    path = tmp_path / "secret"
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert set(pool.map(make, [path] * 40)) == {path.read_text().strip()}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path):
    path = tmp_path / "secret"
    path.write_text("given\n")
    path.chmod(0o644)
    assert make(path) == "given"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_said_to_be(tmp_path, content):
    path = tmp_path / "secret"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"is empty .*delete the file"):
        make(path)


def test_a_place_that_is_no_directory_is_named(tmp_path):
    (tmp_path / "var").write_text("a file")
    with pytest.raises(ValueError, match=r"cannot be kept in .*/var/secret"):
        make(tmp_path / "var" / "secret")
