"""The finding: one sentence of what was measured, one of how sure it is, and since when."""

import math
from collections.abc import Iterator
from datetime import date

from aiops_pipelines.portfolio import Clause
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.evidence.terms import limit_text, measured_title, unit
from aiops_pipelines.verdict import Verdict

HIDDEN = (
    "The numbers are not shown: they rest on fewer than 11 cases of a kind, or such a number could "
    "be worked out from them."
)
_STANDS = {
    Verdict.BREACH: "is breached",
    Verdict.WARN: "has a warning",
    Verdict.OK: "is met",
    Verdict.INSUFFICIENT_DATA: "cannot be judged: insufficient data",
}


def headline(pack: ClauseEvidence) -> str:
    """Return which clause stands how, in one line."""
    stands = _STANDS.get(pack.row.verdict, "is not judged")
    title = measured_title(pack)
    return f"{title[0].upper()}{title[1:]}: the clause {stands}"


def finding(pack: ClauseEvidence) -> str:
    """Return what was measured against what was agreed, in one sentence."""
    if not pack.may_be_shown:
        return f"After the night of {_day(pack.night)} the clause stands as above. {HIDDEN}"
    if pack.counted is None:
        return f"On the night of {_day(pack.night)}: {pack.row.reason}."
    first, last = pack.counted.days
    interval = wording.range_text(pack.row.low, pack.row.high, unit(pack))
    return (
        f"Over the {_window_days(pack)} days of cases with mature labels from {_day(first)} to "
        f"{_day(last)}, the {measured_title(pack)} was "
        f"{wording.number(pack.row.estimate or 0.0, unit(pack))} (95% interval {interval}; "
        f"n = {pack.counted.window.trials:,} verified cases that count for it), against "
        f"an agreed limit of {limit_text(pack)}."
    )


def certainty(pack: ClauseEvidence) -> Iterator[str]:
    """Yield what the evidence says of chance, and since when, in sentences."""
    row = pack.row
    if row.breached_since is not None:
        yield f"The breach stands since the night of {_day(row.breached_since)}."
    if pack.counted is None or not pack.may_be_shown:
        return
    if row.alarm_since is not None and row.alarm:
        yield (
            f"The sequential test has raised its alarm on {_day(row.alarm_since)}"
            f"{_strength(row.log_e_value)}."
        )
    else:
        yield "The sequential test has raised no alarm."
    crossed = crossed_on(pack)
    if crossed is not None:
        yield (
            "The confidence sequence over the contract period lies wholly beyond the limit since "
            f"{_day(crossed)}."
        )
    else:
        yield "The confidence sequence over the contract period still covers the limit."
    if row.proven_since is not None:
        yield (
            f"That the limit was exceeded over the whole period is proven, with 95% confidence at "
            f"any time, since {_day(row.proven_since)}."
        )


def crossed_on(pack: ClauseEvidence) -> date | None:
    """Return the night from which on the confidence sequence has excluded the limit.

    None where it covers the limit on the last night.
    """
    since = None
    for row in pack.rows:
        beyond = (
            row.maximum is not None
            and row.sequence_low is not None
            and row.sequence_low > row.maximum
        ) or (
            row.minimum is not None
            and row.sequence_high is not None
            and row.sequence_high < row.minimum
        )
        since = (since or row.night) if beyond else None
    return since


def _strength(log_e_value: float | None) -> str:
    """Return the e-value's order of size; all its digits would tell counts."""
    if log_e_value is None or log_e_value < math.log(10):
        return ""
    return f" (e-value over {10 ** int(min(log_e_value / math.log(10), 12)):,})"


def _window_days(pack: ClauseEvidence) -> str:
    days = pack.clause.window_days if isinstance(pack.clause, Clause) else 0
    return f"last {days}"


def _day(day: date) -> str:
    return wording.day_text(day)
