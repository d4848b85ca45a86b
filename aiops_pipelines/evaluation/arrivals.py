"""Whether what arrived is what should have arrived: silence, volume, refused and repeated rows.

These rules need no limit in the portfolio: they hold for every feed. Each yields a figure with a
verdict in the area "integrity".
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta

import pyarrow.compute as pc

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.feeds import CELL_RULES, EXPECTED_RULES, FILE_RULES, Rule
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Feed, System
from aiops_pipelines.statistics import Estimate, count_forecast, proportion
from aiops_pipelines.verdict import Verdict

VOLUME_WEEKS = 8
VOLUME_MINIMUM = 4
VOLUME_LEVEL = 0.99999
"""Twelve systems for a year are 4,380 nights: about one warning in twenty years by chance."""

REFUSED_WARN, REFUSED_BREACH = 0.01, 0.05
REPEATED_WARN, REPEATED_BREACH = 0.05, 0.25
_WRONG_TIMES = {
    Rule.NOT_ON_ITS_DAY,
    Rule.RECEIVED_BEFORE_PREDICTED,
    Rule.RECEIVED_AFTER_FILE,
}


def closed_days(calendar: BusinessCalendar, day: date) -> frozenset[date]:
    """Return the public holidays and closures up to `day`, as far back as its volume is judged."""
    days = (day - timedelta(days=back) for back in range(7 * VOLUME_WEEKS + 7))
    return frozenset(d for d in days if d.weekday() < 5 and not calendar.is_work_day(d))


def feed_arrived(
    lake: Lake, system: System, day: date, as_of: date, rows: int, closed: Collection[date]
) -> Figure:
    """Judge whether the predictions came that their feed's schedule promises for `day`."""
    feed = system.predictions
    silent = not rows and _due(lake, system, feed, day, closed)
    reason = f"{rows:,} predictions arrived"
    if silent:
        reason = f"the feed is silent: no predictions of {day} arrived by the end of {as_of}"
    elif not rows:
        reason = f"no predictions arrived, and none were due ({feed.expected})"
    verdict = Verdict.BREACH if silent else Verdict.OK
    return integrity_figure(
        system, "predictions", "feed_arrived", day, as_of, rows, None, verdict, reason
    )


def _due(lake: Lake, system: System, feed: Feed, day: date, closed: Collection[date]) -> bool:
    if feed.expected == "weekdays":
        return day.weekday() < 5 and day not in closed
    if feed.expected == "weekly":
        week = [day - timedelta(days=back) for back in range(1, 7)]
        found = (lake.find("predictions", system.id, earlier) for earlier in week)
        return not any(table is not None and table.num_rows for table in found)
    return feed.expected == "daily"


def volume(
    lake: Lake, system: System, day: date, as_of: date, rows: int, closed: Collection[date]
) -> Figure:
    """Judge the number of cases against the same weekday's of the last VOLUME_WEEKS weeks.

    On a public holiday it may also be as low as on a Sunday.
    """
    weekdays = [_counts(lake, system, day - timedelta(days=shift), closed) for shift in range(7)]
    own = weekdays[0]
    name, asset = "volume", "predictions"
    if len(own) < VOLUME_MINIMUM:
        reason = f"{len(own)} of the {VOLUME_MINIMUM} earlier weekdays needed to judge the volume"
        verdict = Verdict.INSUFFICIENT_DATA
        return integrity_figure(system, asset, name, day, as_of, rows, None, verdict, reason)
    usual = count_forecast(own, weekdays[1:], VOLUME_LEVEL)
    mean, low, high = usual.value or 0.0, usual.low or 0.0, usual.high or 0.0
    if day in closed:
        sunday = weekdays[(day.weekday() + 1) % 7]
        on_sundays = count_forecast(sunday, weekdays, VOLUME_LEVEL).low
        low = min(low, on_sundays or 0.0) if len(sunday) > 1 else 0.0
    verdict = Verdict.OK
    if not low <= rows <= high:
        far = rows < 0.5 * mean or rows > 1.8 * mean
        verdict = Verdict.BREACH if far else Verdict.WARN
    estimate = Estimate(float(rows), low, high, None, rows, None, usual.method)
    reason = f"{rows:,} cases; usual for the weekday: {mean:,.0f} ({low:,.0f} to {high:,.0f})"
    return integrity_figure(system, asset, name, day, as_of, rows, estimate, verdict, reason)


def _counts(lake: Lake, system: System, day: date, closed: Collection[date]) -> list[int]:
    """Return the case counts of the weekday of `day` in the weeks before it, holidays left out."""
    days = [day - timedelta(weeks=week) for week in range(1, VOLUME_WEEKS + 1)]
    found = [lake.find("predictions", system.id, each) for each in days if each not in closed]
    return [table.num_rows for table in found if table is not None and table.num_rows]


def refused_share(lake: Lake, system: System, feed: str, day: date, kept: int) -> Estimate:
    """Return the share of a day's rows that went to quarantine; whole files are counted apart."""
    rules = _refused_rules(lake, system, feed, day)
    harmless = CELL_RULES | EXPECTED_RULES | FILE_RULES
    refused = sum(rule not in harmless for rule in rules)
    return proportion(refused, refused + kept)


def most_refused(lake: Lake, system: System, feed: str, day: date) -> str:
    """Return the rule that refused most of a day's rows and files, in words; "" without any."""
    rules = _refused_rules(lake, system, feed, day)
    counted = Counter(rule for rule in rules if rule not in CELL_RULES | EXPECTED_RULES)
    return "".join(f": {rule} ({n:,})" for rule, n in counted.most_common(1))


def refused_files(lake: Lake, system: System, feed: str, day: date) -> int:
    """Return how many whole files of the day could not be read."""
    lost = FILE_RULES - EXPECTED_RULES - {Rule.SAME_FILE_TWICE}
    return sum(rule in lost for rule in _refused_rules(lake, system, feed, day))


def _refused_rules(lake: Lake, system: System, feed: str, day: date) -> list[str]:
    table = lake.find("quarantine", system.id, day)
    if table is None:
        return []
    rules: list[str] = table.filter(pc.equal(table["feed"], feed))["rule"].to_pylist()
    return rules


def refusals(
    lake: Lake, system: System, asset: str, day: date, as_of: date, kept: int
) -> list[Figure]:
    """Return what was refused of a feed's day: rows, whole files, repetitions, wrong times."""
    share = refused_share(lake, system, asset, day, kept)
    files = refused_files(lake, system, asset, day)
    most = most_refused(lake, system, asset, day)
    rules = _refused_rules(lake, system, asset, day)
    twice, repeated = rules.count(Rule.SAME_FILE_TWICE), rules.count(Rule.DUPLICATE)
    again = proportion(repeated, repeated + kept)
    verdict = grade(again.value or 0.0, REPEATED_WARN, REPEATED_BREACH)
    words = f"{repeated:,} of {again.n:,} rows of {asset} repeat another; they count once"
    if twice:
        verdict = Verdict.BREACH
        words = f"{twice} files of {asset} came twice under other names; they count once"
    wrong = sum(rule in _WRONG_TIMES for rule in rules)
    times = proportion(wrong, wrong + kept)
    return [
        integrity_figure(
            system,
            asset,
            "refused_rows",
            day,
            as_of,
            share.n,
            share,
            grade(share.value or 0.0, REFUSED_WARN, REFUSED_BREACH),
            f"{share.n_events or 0:,} of {share.n:,} rows of {asset} in quarantine{most}",
        ),
        integrity_figure(
            system,
            asset,
            "refused_files",
            day,
            as_of,
            kept,
            None,
            Verdict.BREACH if files else Verdict.OK,
            f"{files} files of {asset} could not be read; they are in quarantine{most}",
        ),
        integrity_figure(
            system, asset, "repeated_rows", day, as_of, again.n, again, verdict, words
        ),
        integrity_figure(
            system,
            asset,
            "wrong_times",
            day,
            as_of,
            times.n,
            times,
            grade(times.value or 0.0, REFUSED_WARN, REFUSED_BREACH),
            f"{wrong:,} of {times.n:,} rows of {asset} are of another day or of the future",
        ),
    ]


def grade(value: float, warn: float, breach: float) -> Verdict:
    """Return the verdict of a value that may rise to `warn`, and not beyond `breach`."""
    if value > breach:
        return Verdict.BREACH
    return Verdict.WARN if value > warn else Verdict.OK


def integrity_figure(
    system: System,
    asset: str,
    metric: str,
    day: date,
    as_of: date,
    n: int,
    estimate: Estimate | None,
    verdict: Verdict,
    reason: str,
    *,
    feature: str | None = None,
    baseline: float | None = None,
    level: float = 0.95,
) -> Figure:
    """Return a figure of the area integrity that judges one day of `asset`."""
    value = estimate or Estimate.missing(n, None, "count")
    return Figure(
        system=system.id,
        version=system.version_on(day),
        area=Area.INTEGRITY,
        asset=asset,
        metric=metric,
        feature=feature,
        day=day,
        as_of=as_of,
        window=1,
        window_from=day,
        window_to=day,
        n=n,
        n_positive=value.n_events,
        estimate=value.value,
        low=value.low,
        high=value.high,
        level=level,
        method=value.method,
        baseline=baseline,
        verdict=verdict,
        reason=reason,
    )
