"""What is read from cells that people write."""

import pytest

from control.campaigns import recognised


@pytest.mark.parametrize(
    ("role", "cell", "found"),
    [
        *(("cost", "1 200,50 ₽", 120_050), ("cost", "0", 0), ("cost", "бартер", None), ("cost", "-5", None)),
        *(("cost", "1,234", None), ("cost", " ", None)),
        *(("erid", " 2SDnjegvUsB ", "2SDnjegvUsB"), ("erid", "erid: 2SDnjegvUsB", "2SDnjegvUsB")),
        *(("erid", "ERID=2SDnjegvUsB", "2SDnjegvUsB"), ("erid", "нет", None), ("erid", "2SDn jegvUsB", None)),
        *(("date", "31.10.2026", "2026-10-31"), ("date", "2026-10-31", "2026-10-31")),
        *(("date", "31.10.2026 12:30", "2026-10-31"), ("date", "1.2.26", "2026-02-01")),
        *(("date", "2026-10-31T12:00:00", "2026-10-31"), ("date", "31.02.2026", None), ("date", "октябрь", None)),
        *(("baseline", "12 345", 12_345), ("baseline", "12 345,5", None), ("baseline", "9,8K", None)),
        *(("blogger", " Анна ", "Анна"), ("blogger", "x" * 300, "x" * 200)),
    ],
)
def test_a_cell_is_read_or_the_field_stays_empty(role, cell, found):
    assert recognised.read(role, cell) == found
