"""Links of an ad-hoc run from files of every kind, through the child that reads imports."""

import pytest

from crawler.adhoc.given_links import read
from tests.crawler.spreadsheets.reading.packages import data, row, xlsx

pytestmark = pytest.mark.process

LINK = "https://vk.com/wall-1_1"
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "links", "own"),
    [
        ("a.csv", f"Блогер;Пост\nАнна;{LINK}\nИтого;".encode("cp1251"), [LINK], [{"Блогер": "Анна"}]),
        ("a.xlsx", xlsx(("S", data(row(1, LINK, "x")))), [LINK], [{"B": "x"}]),
        ("a.txt", f"привет {LINK}\nspam".encode("utf-16"), ["привет", LINK, "spam"], []),
        ("a.txt", b"a;b\tc", ["a;b", "c"], []),
        ("a", b"\x07\x08[/foo]", ["\x07\x08[/foo]"], []),
    ],
)
def test_a_file_is_a_table_or_a_list(tmp_path, name, content, links, own):
    (tmp_path / name).write_bytes(content)
    given = read(f"@{tmp_path / name}", "vk")
    assert (given.links, given.own) == (links, own)


@pytest.mark.parametrize(
    ("content", "words"),
    [(ENCRYPTED, "password"), (b"a;b\nc;d", "column of their own"), (b"\x00\x01\xff" * 50, "no text"), (b"", "empty")],
)
def test_what_cannot_be_read_says_what_to_do(tmp_path, content, words):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read(f"@{tmp_path / 'file'}", "vk")
