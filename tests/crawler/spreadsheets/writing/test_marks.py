"""T37: what a spreadsheet would run is text, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.spreadsheets.writing.marks import mark, unmark

RUN = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r1", "\0=1", '"=1+1', "',;=1+1", "＝1+1", "'=1", " =1", "@nick"]
RUN += ["-", "+", "=", "- привет", "-1-1", "-5x", "+7-999-123", "=cmd|' /C calc'!A0", "-1e5", "-٣"]
LEFT = ["", "'", "wall-1_2", "https://vk.com/wall-1_1", "a=1", "'abc", "it's", "—", "Блогер"]
LEFT += ["-5", "+5", "-5,25", "-5.25", "1 234,50", "-1 234,50", "-12\u00a0000", "-3%", "+79991234567"]
CELLS = st.text(alphabet=st.sampled_from(list("=+-@'\"\t\r\n\0;, 157x％＝.")), max_size=6)


@pytest.mark.parametrize("text", RUN)
def test_T37_what_would_be_run_is_marked_as_text(text):
    assert mark(text) == f"'{text}"


@pytest.mark.parametrize("text", LEFT)
def test_what_would_not_be_run_stays_as_it_is(text):
    assert mark(text) == unmark(text) == text


@given(st.one_of(st.text(), CELLS))
def test_the_mark_comes_off_again_and_nothing_else(text):
    assert unmark(mark(text)) == text
