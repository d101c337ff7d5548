"""Times of a series: numbers, days and months, and what is wrong with others."""

from __future__ import annotations

from datetime import date

import pytest

from earmark.errors import BadSeries
from earmark.forecast.times import Times, parse_times


def times_of(*cells: str) -> Times:
    return parse_times("when", list(enumerate(cells, start=2)))


@pytest.mark.parametrize(
    ("cells", "following"),
    [
        (("1875", "1876", "1877"), ["1878", "1879"]),
        (("0", "0.25", "0.5"), ["0.75", "1"]),
        (("0.33", "0.67", "1.00", "1.33"), ["1.663", "1.997"]),
        (("-10", "-5", "0"), ["5", "10"]),
        (("2024-02-27", "2024-02-28", "2024-02-29"), ["2024-03-01", "2024-03-02"]),
        (("2024-12-16", "2024-12-23", "2024-12-30"), ["2025-01-06", "2025-01-13"]),
        (("2024-10", "2024-11", "2024-12"), ["2025-01", "2025-02"]),
        (("2024-07-01", "2024-10-01", "2025-01-01"), ["2025-04", "2025-07"]),
        (("2024-01-31", "2024-02-29", "2024-03-31"), ["2024-04", "2024-05"]),
    ],
)
def test_the_future_goes_on_in_equal_steps(cells, following):
    times = times_of(*cells)
    assert [times.written(len(cells) + i) for i in range(2)] == following


def test_places_are_numbers_or_dates():
    assert times_of("1875", "1876").at(4) == 1879
    assert times_of("2024-02-27", "2024-02-28").at(3) == date(2024, 3, 1)
    assert times_of("2024-11", "2024-12").at(2) == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("1", "2", "4", "5"), "line 4: when 4 follows 2; 3 should, since all steps must be"),
        (("1", "2", "2.5", "3.5", "4.5"), "line 4: when 2.5 follows 2; 3 should"),
        (("1", "2", "2", "3"), "line 4: when 2 follows 2; times must rise"),
        (("3", "2", "1"), "line 3: when 2 follows 3; times must rise"),
        (("2024-01", "2024-02", "2024-04", "2024-05"), "2024-04 follows 2024-02; 2024-03 should"),
        (("2024-01-05", "2024-01-06", "2024-01-08", "2024-01-09"), "2024-01-07 should"),
        (("1", "two", "3"), "line 3: when is 'two', neither a number nor a date"),
        (("1", "", "3"), "line 3: when is '', neither"),
        (("1", "nan", "3"), "line 3: when is 'nan', neither"),
        (("2024-01", "2024-13"), "line 3: when is '2024-13', no date"),
        (("2024-01", "soon"), "line 3: when is 'soon', no date"),
        (("2024-02-30", "2024-03-01"), "line 2: when is '2024-02-30', no date"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(cells, said):
    with pytest.raises(BadSeries, match=said):
        times_of(*cells)
