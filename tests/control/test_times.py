"""Moments are written as Python's own datetime writes them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from control.times import moment

MICROSECONDS = st.integers(-(10**15), 4 * 10**15)  # since 1970; the database's clock tells no less


@given(MICROSECONDS)
def test_a_moment_is_written_as_datetime_writes_it(micros):
    seconds = micros / 1_000_000
    expected = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    assert moment(seconds) == expected.replace("+00:00", "Z")


def test_no_moment_stays_none():
    assert moment(None) is None
