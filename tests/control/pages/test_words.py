"""P8: both catalogues are whole, are used, and no text stands in a template."""

import re
from html.parser import HTMLParser
from string import Formatter

import pytest

from control.web import words
from tests.checkout import ROOT

TEMPLATES = sorted((ROOT / "control/templates/pages").glob("*.html"))
SOURCES = [*TEMPLATES, *(ROOT / "control/pages").glob("*.py"), ROOT / "control/web/words.py"]
RU, EN = (words.catalogue(language) for language in words.LANGUAGES)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
NAMES = {
    "views-stats",
    "scrapyd",
    "curl",
    "H",
    "Authorization",
    "Bearer",
    "batches",
    "VK_TOKENS",
    "vk1",
    "CPV",
    "CPM",
    "ER",
    "a",
}  # no words
SAID = {"aria-label", "title", "alt", "placeholder", "content"}


def placeholders(entry):
    texts = [entry] if isinstance(entry, str) else entry
    return [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts]


def test_both_have_the_same_keys_and_placeholders():
    assert RU.keys() == EN.keys()
    for key in RU:
        assert set().union(*placeholders(RU[key])) == set().union(*placeholders(EN[key])), key
        assert isinstance(RU[key], list) == isinstance(EN[key], list), key


def test_plural_forms_are_there():
    for key in RU:
        if isinstance(RU[key], list):
            assert (len(RU[key]), len(EN[key])) == (3, 2), key
            assert all("n" in names for names in placeholders(RU[key])), key


@pytest.mark.parametrize(
    ("number", "form"), [(1, 0), (2, 1), (5, 2), (11, 2), (12, 2), (21, 0), (22, 1), (25, 2), (111, 2), (0, 2)]
)
def test_russian_plurals(number, form):
    assert words.plural_ru(number) == form


def test_no_key_is_unused_and_none_is_missing():
    text = "\n".join(file.read_text() for file in SOURCES)
    whole = set(re.findall(r'["\']([a-z_]+(?:\.[a-z_0-9]+)+)["\']', text))
    begun = set(re.findall(r'["\']([a-z_]+(?:\.[a-z_0-9]+)*[._])["\'] ~|f["\']([a-z_]+(?:\.[a-z_]+)*[._])\{', text))
    prefixes = tuple({prefix for pair in begun for prefix in pair if prefix})
    unused = {key for key in RU if key not in whole and not key.startswith(prefixes)}
    assert unused == set()
    parts = {file.stem for file in (words.FOLDER / "ru").glob("*.toml")}
    files = {"html", "py", "css", "js", "svg", "toml"}
    whole = {key for key in whole if not key.endswith("_")}
    asked = {key for key in whole if key.split(".")[0] in parts and key.rpartition(".")[2] not in files}
    assert asked - RU.keys() == set()


class Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found.append(data)

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.found += [value or "" for name, value in attributes if name in SAID]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_text_stands_in_a_template(template):
    parser = Texts()
    parser.feed(JINJA.sub("", template.read_text()))
    found = {word for text in parser.found for word in re.findall(r"[^\W\d_][\w-]*", text)}
    assert found - NAMES == set()


def test_numbers_and_dates_are_written_as_people_do():
    zone = words.ZoneInfo("Europe/Moscow")
    assert words.number("ru", 719118) == "719\u00a0118"
    assert words.number("en", 719118) == "719,118"
    assert words.number("ru", None) == "—"
    assert words.moment("ru", 1_795_613_400, zone) == "25.11.2026, 16:30"
    assert words.moment("en", 1_795_613_400, zone) == "2026-11-25 16:30"
    assert words.span("ru", 5 * 3600 + 12 * 60 + 7) == "5 часов 12 минут"
    assert words.span("en", 61) == "1 minute"
    assert words.span("ru", 0) == "0 секунд"
