"""A night's history takes over what the night before worked out, of days that are the same only."""

from pathlib import Path

from night_hospital import REFERENCE_DAYS, Night, system_like

from aiops_pipelines.evaluation import window
from aiops_pipelines.evaluation.window import History, history
from aiops_pipelines.lake import Lake

LAST = REFERENCE_DAYS + 5
NAMES = ("cases", "labelled", "pending", "censored")


def sums(known: History) -> dict[object, object]:
    """Return each day's counts and histogram, the reference's, and the files they rest on."""
    windows = [known.window([day]) for day in known._tables] + [known.reference]
    found: dict[object, object] = {}
    for each in windows:
        histogram = each.histogram()
        found[each.days] = (
            [each.count(name) for name in NAMES],
            [histogram.n, histogram.n_positive, histogram.positive.tolist()],
            known.digest(each),
        )
    return found


def test_a_changed_day_is_summed_anew_and_the_others_are_kept(tmp_path: Path) -> None:
    night = Night(tmp_path, system_like("falls-risk"))
    night.fill(0, LAST, labelled=0.5)
    today = night.day(LAST)
    before = history(night.lake, night.system, today, today)
    sums(before)
    night.fill(3, 3, known=LAST, labelled=1.0)
    night.fill(LAST - 1, LAST - 1, known=LAST, labelled=1.0)
    night.fill(LAST + 1, LAST + 1)
    tomorrow = night.day(LAST + 1)
    after = history(night.lake, night.system, tomorrow, tomorrow)
    fresh = History(Lake(night.lake.root), night.system, tomorrow, tomorrow)
    assert sums(after) == sums(fresh)
    kept = [number for number in range(LAST + 1) if number not in (3, LAST - 1)]
    for number in kept:
        day = [night.day(number)]
        assert after.window(day) is before.window(day)
    assert after.window([night.day(3)]) is not before.window([night.day(3)])
    assert after.reference is not before.reference


def test_a_history_of_another_lake_is_not_taken_over(tmp_path: Path) -> None:
    first, second = (
        Night(tmp_path / name, system_like("falls-risk"), seed=seed)
        for name, seed in (("a", 1), ("b", 2))
    )
    for each in (first, second):
        each.fill(0, LAST)
    today = first.day(LAST)
    sums(history(first.lake, first.system, today, today))
    taken = history(second.lake, second.system, today, today)
    assert sums(taken) == sums(History(Lake(second.lake.root), second.system, today, today))
    assert window._LAST["falls-risk"] is taken
