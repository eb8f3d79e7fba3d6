"""Functions and files that one can hold in the head, and nothing said twice, in control/ and crawler/."""

import ast
from collections import defaultdict
from statistics import median

import pytest

from tests import order
from tests.checkout import ROOT

FILES = sorted(
    file for room in ("control", "crawler") for file in (ROOT / room).rglob("*.py") if "migrations" not in file.parts
)
LONGEST_FILE, LONGEST_FUNCTION, ALIKE = 300, 40, 6  # lines
NAMES = [str(file.relative_to(ROOT)) for file in FILES]


def lengths(file):
    """Lines of each function's body, by name; its docstring is not counted."""
    functions = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    return {node.name: node.end_lineno - _start(node) + 1 for node in functions}


def _start(function):
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return body[0].lineno


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_file_and_each_of_its_functions_are_short(file):
    assert len(file.read_text().splitlines()) <= LONGEST_FILE
    assert {name: length for name, length in lengths(file).items() if length > LONGEST_FUNCTION} == {}


def test_the_files_that_begin_first_are_there():
    assert [file for file in order.PLACES if not file.is_file()] == []


def test_half_of_all_functions_have_about_five_lines():
    assert median(length for file in FILES for length in lengths(file).values()) <= 6


def runs_of(lines):
    """Each row of so many lines that say something: a row of imports or brackets repeats nothing."""
    told = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    for start in range(len(told) - ALIKE + 1):
        number, texts = told[start][0], tuple(text for _, text in told[start : start + ALIKE])
        if not any(text.startswith(("from ", "import ", '"""')) for text in texts):
            yield number, texts


def test_no_six_lines_are_there_twice():
    places = defaultdict(list)
    for name, file in zip(NAMES, FILES, strict=True):
        for number, texts in runs_of(file.read_text().splitlines()):
            places[texts].append(f"{name}:{number}")
    assert [where for where in places.values() if len(where) > 1] == []
