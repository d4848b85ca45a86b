"""What a reader must know of the days behind a figure, and when old days may no longer say "ok".

A window of mature days says nothing of today if labels have stopped: its last days then lie further
back each night while every figure stays within its limit.
"""

from datetime import timedelta

from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.statistics import audit_share
from aiops_pipelines.verdict import Verdict

STALE_DAYS = 14
"""So many days beyond its maturity rule a system's newest labelled day may lie back."""


def on_mature_days(history: History, window: Window, asked: int, judgement: Judgement) -> Judgement:
    """Return the judgement with what is to be said of a window of mature days.

    "ok" on labels that stopped coming becomes "insufficient data"; a warning or breach stands.
    """
    told = noted(judgement, _of_mature_days(history, window, asked))
    stale = _stale(history)
    if stale is None:
        return told
    verdict = told.verdict
    if verdict is Verdict.OK:
        verdict = Verdict.INSUFFICIENT_DATA
    return Judgement(verdict, f"{told.reason}; but {stale}")


def on_calendar_days(history: History, window: Window, judgement: Judgement) -> Judgement:
    """Return the judgement with what is to be said of a window of calendar days."""
    return noted(judgement, _silent(history, window) + _versions(history, window))


def noted(judgement: Judgement, notes: list[str]) -> Judgement:
    """Return the judgement with notes behind its reason, the same where there are none."""
    if not notes:
        return judgement
    return Judgement(judgement.verdict, f"{judgement.reason} ({'; '.join(notes)})")


def _of_mature_days(history: History, window: Window, asked: int) -> list[str]:
    if not window.days:
        return []
    notes = []
    if len(window.days) < asked:
        notes.append(f"{len(window.days)} of {asked} days are mature")
    ends = history.system.reference.end
    old = sum(day <= ends for day in window.days)
    if old and history.day > ends:
        notes.append(f"{old} of them in the reference period")
    span = (window.days[-1] - window.days[0]).days + 1
    if len(window.days) < span:
        notes.append(f"{span - len(window.days)} days left out, their labels are incomplete")
    return notes + _silent(history, window) + _versions(history, window) + _audit(window)


def _audit(window: Window) -> list[str]:
    """Say where another share of AI-negatives was read than the portfolio has drawn."""
    rule = window.system.truth
    if rule.scheme != "partial":
        return []
    names = ("cases", "flagged", "labelled", "flagged labelled")
    cases, flagged, labelled, read = (window.count(name) for name in names)
    found = audit_share(labelled - read, cases - flagged, rule.audit_fraction)
    return [found.note] if found.note else []


def _silent(history: History, window: Window) -> list[str]:
    """Say how many of the days on which cases were due brought none."""
    expected = history.system.predictions.expected
    due = [
        day
        for day in window.days
        if expected == "daily" or (expected == "weekdays" and day.weekday() < 5)
    ]
    silent = sum(history.window([day]).count("cases") == 0 for day in due)
    return [f"{silent} of {len(due)} days without a case"] if silent else []


def _versions(history: History, window: Window) -> list[str]:
    system = history.system
    used = dict.fromkeys(system.version_on(day) or "none" for day in window.days)
    return [f"versions {' and '.join(used)} mixed"] if len(used) > 1 else []


def _stale(history: History) -> str | None:
    """Return what is wrong where the newest labelled mature day lies too far back."""
    rule = history.system.truth
    due = min(history.day, history.as_of - timedelta(days=rule.mature_after_days))
    last = history.last_labelled
    if last is None or (due - last).days <= STALE_DAYS:
        return None
    return f"no mature labels since {last}: it says nothing of today"
