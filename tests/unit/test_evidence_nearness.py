"""What two packs on a clause give away together."""

from datetime import date, timedelta
from itertools import combinations

from aiops_pipelines.contracts.arrivals import DayCounts
from aiops_pipelines.reports.evidence.blocks import counted
from aiops_pipelines.reports.evidence.nearness import exposed

FIRST = date(2026, 1, 1)


def days(count, events=2, others=6):
    return {FIRST + timedelta(days=n): DayCounts(events, others) for n in range(count)}


def blocks(known, window=28):
    found = counted(known, window)
    return [*found.earlier, *found.blocks]


def sums(shown):
    """Return all that an attacker knows of intervals, by subtracting what starts or ends alike."""
    prefix = {}
    for each in shown:
        prefix.setdefault((each.first, each.last), each.cells.events)
    known = dict(prefix)
    while True:
        found = dict(known)
        for (a, b), (c, d) in combinations(known, 2):
            x, y = known[a, b], known[c, d]
            if a == c and b != d:
                low, high = sorted((b, d))
                found[low + timedelta(days=1), high] = abs(x - y)
            if b == d and a != c:
                low, high = sorted((a, c))
                found[low, high - timedelta(days=1)] = abs(x - y)
            if b + timedelta(days=1) == c:
                found[a, d] = x + y
        if found == known:
            return known
        known = found


def test_packs_of_two_nights_in_a_row_give_one_days_events_away_and_are_too_near():
    one, other = blocks(days(40)), blocks(days(41))
    assert min(sums(one).values()) >= 11 and min(sums(other).values()) >= 11
    assert min(sums([*one, *other]).values()) == 2
    assert exposed(days(41), one, other)


def test_packs_that_are_not_too_near_leave_an_attacker_no_small_count():
    known, told = days(80), 0
    one = blocks(days(24), 24)
    for start in range(1, 40):
        later = {day: known[day] for day in sorted(known)[start : start + 24]}
        other = blocks(later, 24)
        if not exposed(known, one, other):
            told += 1
            assert min(sums([*one, *other]).values()) >= 11, start
    assert 5 < told < 30


def test_the_same_pack_and_packs_of_other_days_give_nothing_away():
    known = days(80)
    late = {day: counts for day, counts in known.items() if day > FIRST + timedelta(days=39)}
    assert exposed(known, blocks(days(40)), blocks(days(40))) == []
    assert exposed(known, blocks(days(40)), blocks(late)) == []
