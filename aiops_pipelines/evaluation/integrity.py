"""Whether what arrived is what should have arrived: silence, volume, versions, refused rows.

These rules need no limit in the portfolio: they hold for every feed. Each yields a figure with a
verdict in the area "integrity".
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc
from scipy import stats

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.feeds import CELL_RULES, EXPECTED_RULES, FILE_RULES, Rule
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Feed, System
from aiops_pipelines.statistics import Estimate, proportion
from aiops_pipelines.verdict import Verdict

VOLUME_WEEKS = 8
VOLUME_LEVEL = 0.999
REFUSED_WARN, REFUSED_BREACH = 0.01, 0.05
UNKNOWN_WARN, UNKNOWN_BREACH = 0.01, 0.10
SOURCE_BREACH = 0.05
VERSION_BREACH = 0.01


def predictions_integrity(lake: Lake, system: System, day: date, as_of: date) -> list[Figure]:
    """Return the integrity figures of a day's predictions."""
    table = lake.read("predictions", system.id, day)
    rows = table.num_rows
    figures = [
        _arrival(system, "predictions", system.predictions, day, as_of, rows),
        _volume(lake, system, day, as_of, rows),
        _refused(lake, system, "predictions", day, as_of, rows),
        _refused_files(lake, system, "predictions", day, as_of, rows),
    ]
    if rows and "version" in system.predictions.columns:
        figures.append(_version(system, day, as_of, table.column("version").to_pylist()))
    return figures


def labels_integrity(lake: Lake, system: System, day: date, as_of: date) -> list[Figure]:
    """Return the integrity figures of the labels received on `day`, for whichever cases."""
    arrived = lake.read("label_arrivals", system.id, day)
    rows = arrived.num_rows
    figures = [
        _silence(lake, system, day, as_of, rows),
        _refused(lake, system, "labels", day, as_of, rows),
        _refused_files(lake, system, "labels", day, as_of, rows),
    ]
    if rows:
        unknown = pc.sum(pc.is_null(arrived["case_day"])).as_py()
        figures.append(_unknown_cases(system, day, as_of, unknown, rows))
        figures.append(_sources(system, day, as_of, arrived.column("source").to_pylist()))
    return figures


def refused_share(lake: Lake, system: System, feed: str, day: date, kept: int) -> Estimate:
    """Return the share of a day's rows that went to quarantine; whole files are counted apart."""
    rules = _refused_rules(lake, system, feed, day)
    harmless = CELL_RULES | EXPECTED_RULES | FILE_RULES
    refused = sum(rule not in harmless for rule in rules)
    return proportion(refused, refused + kept)


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


def _arrival(system: System, asset: str, feed: Feed, day: date, as_of: date, rows: int) -> Figure:
    due = feed.expected == "daily" or (feed.expected == "weekdays" and day.weekday() < 5)
    silent = rows == 0 and due
    reason = f"{rows:,} {asset} arrived"
    if silent:
        reason = f"the feed is silent: no {asset} of {day} arrived by the end of {as_of}"
    verdict = Verdict.BREACH if silent else Verdict.OK
    return _figure(system, asset, "feed_arrived", day, as_of, rows, None, verdict, reason)


def _volume(lake: Lake, system: System, day: date, as_of: date, rows: int) -> Figure:
    days = [day - timedelta(weeks=week) for week in range(1, VOLUME_WEEKS + 1)]
    found = [lake.find("predictions", system.id, earlier) for earlier in days]
    history = [table.num_rows for table in found if table is not None and table.num_rows]
    name, asset = "volume", "predictions"
    if len(history) < 4:
        reason = f"{len(history)} of the 4 earlier weekdays needed to judge the volume"
        verdict = Verdict.INSUFFICIENT_DATA
        return _figure(system, asset, name, day, as_of, rows, None, verdict, reason)
    low, high = volume_interval(history)
    usual = f"usual for the weekday: {np.mean(history):,.0f} ({low:,.0f} to {high:,.0f})"
    verdict = Verdict.OK
    if not low <= rows <= high:
        far = rows < 0.5 * np.mean(history) or rows > 1.8 * np.mean(history)
        verdict = Verdict.BREACH if far else Verdict.WARN
    estimate = Estimate(
        float(rows), low, high, None, rows, None, f"{VOLUME_LEVEL:.1%} prediction interval"
    )
    reason = f"{rows:,} cases; {usual}"
    return _figure(system, asset, name, day, as_of, rows, estimate, verdict, reason)


def volume_interval(history: Sequence[int]) -> tuple[float, float]:
    """Return the interval in which the next count lies with VOLUME_LEVEL, given earlier ones.

    Square roots of counts are about normal with variance 1/4 (Anscombe, 1948); the variance is
    estimated where the counts vary more than Poisson's, and the interval is Student's.
    """
    roots = np.sqrt(np.asarray(history, dtype=np.float64) + 0.375)
    spread = np.sqrt(max(float(np.var(roots, ddof=1)), 0.25) * (1 + 1 / len(roots)))
    reach = spread * stats.t.ppf((1 + VOLUME_LEVEL) / 2, len(roots) - 1)
    middle = float(np.mean(roots))
    return max(0.0, middle - reach) ** 2, (middle + reach) ** 2


def _refused(lake: Lake, system: System, asset: str, day: date, as_of: date, kept: int) -> Figure:
    share = refused_share(lake, system, asset, day, kept)
    refused = share.n_events or 0
    verdict = _grade(share.value or 0.0, REFUSED_WARN, REFUSED_BREACH)
    reason = f"{refused:,} of {share.n:,} rows of {asset} in quarantine"
    return _figure(system, asset, "refused_rows", day, as_of, share.n, share, verdict, reason)


def _refused_files(
    lake: Lake, system: System, asset: str, day: date, as_of: date, kept: int
) -> Figure:
    files = refused_files(lake, system, asset, day)
    verdict = Verdict.BREACH if files else Verdict.OK
    reason = f"{files} files of {asset} could not be read; they are in quarantine"
    return _figure(system, asset, "refused_files", day, as_of, kept, None, verdict, reason)


def _version(system: System, day: date, as_of: date, versions: list[str | None]) -> Figure:
    expected = system.version_on(day)
    other = sum(version != expected for version in versions)
    share = proportion(other, len(versions))
    seen = ", ".join(sorted({str(version) for version in versions if version != expected}))
    verdict, reason = Verdict.OK, f"all cases from version {expected}"
    if (share.value or 0.0) > VERSION_BREACH:
        verdict = Verdict.BREACH
        reason = (
            f"{other:,} of {len(versions):,} cases from version {seen}, which is not the "
            f"portfolio's version {expected}: changed without notice?"
        )
    return _figure(
        system, "predictions", "unknown_version", day, as_of, len(versions), share, verdict, reason
    )


def _silence(lake: Lake, system: System, day: date, as_of: date, rows: int) -> Figure:
    """Judge how long no label arrived against the longest usual gap between arrivals."""
    days = lake.days("label_arrivals", system.id)
    with_rows = [
        earlier
        for earlier in days
        if earlier <= day and lake.read("label_arrivals", system.id, earlier).num_rows
    ]
    name, asset = "label_feed_arrived", "labels"
    if rows or len(with_rows) < 4:
        verdict = Verdict.OK if rows else Verdict.INSUFFICIENT_DATA
        reason = f"{rows:,} labels arrived"
        return _figure(system, asset, name, day, as_of, rows, None, verdict, reason)
    gaps = np.diff([earlier.toordinal() for earlier in with_rows])
    silent, usual = (day - with_rows[-1]).days, int(gaps.max())
    verdict = Verdict.OK if silent <= usual else Verdict.WARN
    if silent > 2 * usual:
        verdict = Verdict.BREACH
    reason = f"no labels for {silent} days; the longest gap so far was {usual}"
    return _figure(system, asset, name, day, as_of, rows, None, verdict, reason)


def _unknown_cases(system: System, day: date, as_of: date, unknown: int, rows: int) -> Figure:
    share = proportion(unknown, rows)
    verdict = _grade(share.value or 0.0, UNKNOWN_WARN, UNKNOWN_BREACH)
    reason = f"{unknown:,} of {rows:,} labels belong to no known case"
    return _figure(system, "labels", "unknown_cases", day, as_of, rows, share, verdict, reason)


def _sources(system: System, day: date, as_of: date, sources: list[str]) -> Figure:
    other = [source for source in sources if source not in system.truth.sources]
    share = proportion(len(other), len(sources))
    verdict, reason = Verdict.OK, f"labels come from {', '.join(system.truth.sources)}"
    if (share.value or 0.0) > SOURCE_BREACH:
        verdict = Verdict.BREACH
        reason = (
            f"{len(other):,} of {len(sources):,} labels come from {', '.join(sorted(set(other)))}, "
            f"not from {', '.join(system.truth.sources)}: the truth has changed its source"
        )
    return _figure(
        system, "labels", "label_source", day, as_of, len(sources), share, verdict, reason
    )


def _grade(value: float, warn: float, breach: float) -> Verdict:
    if value > breach:
        return Verdict.BREACH
    return Verdict.WARN if value > warn else Verdict.OK


def _figure(
    system: System,
    asset: str,
    metric: str,
    day: date,
    as_of: date,
    n: int,
    estimate: Estimate | None,
    verdict: Verdict,
    reason: str,
) -> Figure:
    value = estimate or Estimate.missing(n, None, "count")
    return Figure(
        system=system.id,
        version=system.version_on(day),
        area=Area.INTEGRITY,
        asset=asset,
        metric=metric,
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
        method=value.method,
        verdict=verdict,
        reason=reason,
    )
