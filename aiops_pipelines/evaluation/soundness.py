"""Whether a day's values can be what they claim: against the reference profile and the portfolio.

Missing values, medians that moved by a factor (a unit error), scores and inputs that pile up on
one value, versions that nobody announced. Each is judged by an interval at TAIL, so that thousands
of figures a year raise no alarm by chance, and by a margin, so that what is certain but small does
not.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.evaluation.arrivals import grade, integrity_figure
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.profile import SCORE, Facts, ReferenceProfile
from aiops_pipelines.portfolio import System
from aiops_pipelines.statistics import Estimate, median, proportion
from aiops_pipelines.statistics.arguments import FloatArray
from aiops_pipelines.verdict import Verdict

TAIL = 1e-6
MINIMUM_ROWS = 20
MISSING_WARN, MISSING_BREACH = 0.10, 0.30
PILE_WARN, PILE_BREACH = 0.10, 0.30
UNIT_FACTOR = 1.8
VERSION_BREACH = 0.01

FACTORS = {
    1000.0: "a thousandfold, as between g and mg",
    100.0: "a hundredfold, as between m and cm, or a share and a percentage",
    10.0: "tenfold, as between cm and mm",
    88.42: "creatinine in umol/L instead of mg/dL",
    38.67: "cholesterol in mg/dL instead of mmol/L",
    18.02: "glucose in mg/dL instead of mmol/L",
    9.01: "lactate in mg/dL instead of mmol/L",
    7.5: "pressure in mmHg instead of kPa",
    2.66: "a body temperature in F instead of C",
    2.54: "inches instead of cm",
    2.205: "pounds instead of kg",
}
"""Factors between medians that name themselves, and their inverses."""


def soundness(
    system: System, profile: ReferenceProfile, table: pa.Table, day: date, as_of: date
) -> Iterator[Figure]:
    """Yield the figures of a day's predictions that compare their values with the reference's."""
    if table.num_rows < MINIMUM_ROWS:
        return
    for name, facts in sorted(profile.facts.items()):
        yield _missing(system, table[name], name, facts, day, as_of)
        if facts.modal is None or facts.median is None:
            continue
        values = table[name].drop_null().to_numpy().astype(np.float64)
        if len(values) < MINIMUM_ROWS:
            continue
        yield _pile(system, values, name, facts, day, as_of)
        if name != SCORE:
            unit = _unit(system, values[values != 0], name, facts.median, day, as_of)
            yield from [unit] if unit else []


def version_figure(system: System, table: pa.Table, day: date, as_of: date) -> Figure:
    """Return the share of cases from a version that the portfolio does not name for the day.

    On the day of a change both versions may occur.
    """
    versions = table.column("version").to_pylist()
    expected = system.version_on(day)
    named = {expected, system.version_on(day - timedelta(days=1))}
    other = sum(version not in named for version in versions)
    share = proportion(other, len(versions))
    seen = ", ".join(sorted({str(version) for version in versions if version not in named}))
    verdict, reason = Verdict.OK, f"all cases from version {expected}"
    if (share.value or 0.0) > VERSION_BREACH:
        verdict = Verdict.BREACH
        reason = (
            f"{other:,} of {len(versions):,} cases from version {seen}, which is not the "
            f"portfolio's version {expected}: changed without notice?"
        )
    n = len(versions)
    return integrity_figure(
        system, "predictions", "unknown_version", day, as_of, n, share, verdict, reason
    )


def _missing(
    system: System, column: pa.ChunkedArray, name: str, facts: Facts, day: date, as_of: date
) -> Figure:
    n, missing = len(column), column.null_count
    if pa.types.is_floating(column.type):
        missing += int(pc.sum(pc.is_nan(column.drop_null()), min_count=0).as_py())
    excess = _surely_at_least(missing, n) - facts.missing
    reason = f"{missing:,} of {n:,} values missing; {facts.missing:.1%} in the reference"
    return integrity_figure(
        system,
        "predictions",
        "missing_values",
        day,
        as_of,
        n,
        proportion(missing, n),
        grade(excess, MISSING_WARN, MISSING_BREACH),
        f"{name}: {reason}",
        feature=name,
        baseline=facts.missing,
    )


def _pile(
    system: System, values: FloatArray, name: str, facts: Facts, day: date, as_of: date
) -> Figure:
    _, counts = np.unique(values, return_counts=True)
    top, n = int(counts.max()), len(values)
    usual = facts.modal or 0.0
    verdict = grade(_surely_at_least(top, n) - usual, PILE_WARN, PILE_BREACH)
    what = "all have one value" if top == n else f"{top:,} of {n:,} have one value"
    reason = f"{name}: {what}; {usual:.1%} in the reference"
    return integrity_figure(
        system,
        "predictions",
        "pile_up",
        day,
        as_of,
        n,
        proportion(top, n),
        verdict,
        reason,
        feature=name,
        baseline=usual,
    )


def _unit(
    system: System, values: FloatArray, name: str, usual: float, day: date, as_of: date
) -> Figure | None:
    """Judge the factor between the medians of the values that are not zero."""
    if len(values) < MINIMUM_ROWS or usual == 0:
        return None
    found = median(values, level=1 - 2 * TAIL)
    if found.value is None or found.low is None or found.high is None:
        return None
    low, high = sorted((found.low / usual, found.high / usual))
    factor, method = found.value / usual, f"ratio of medians, order statistics at {TAIL}"
    moved = low > UNIT_FACTOR or high < 1 / UNIT_FACTOR
    reason = f"{name}: median {found.value:.4g}, {factor:.3g} times the reference's {usual:.4g}"
    if moved:
        reason += f": another unit? {_named_factor(factor)}"
    return integrity_figure(
        system,
        "predictions",
        "unit_factor",
        day,
        as_of,
        found.n,
        Estimate(factor, low, high, None, found.n, None, method),
        Verdict.BREACH if moved else Verdict.OK,
        reason.strip(),
        feature=name,
        baseline=1.0,
        level=1 - 2 * TAIL,
    )


def _named_factor(factor: float) -> str:
    """Return the known change of unit that is nearest to `factor`, if any is within 12%."""
    if factor <= 0:
        return ""
    known = list(FACTORS.items())
    known += [(1 / f, f"the inverse of: {words}") for f, words in FACTORS.items()]
    distance, words = min((abs(np.log(factor / f)), words) for f, words in known)
    return f"({words})" if distance < np.log(1.12) else ""


def _surely_at_least(events: int, n: int) -> float:
    """Return the one-sided lower bound at TAIL of a share."""
    return proportion(events, n, "clopper-pearson", level=1 - 2 * TAIL).low or 0.0
