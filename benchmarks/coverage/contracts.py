"""Clauses of a rate over a contract year: false breaches at the limit, and the delay of a creep.

Every stream is judged as the ledger judges it, night by night: the e-detector's alarm and a window
estimate beyond the limit by its margin.
"""

import numpy as np

from aiops_pipelines.statistics.shiryaev_roberts import shiryaev_roberts_paths
from benchmarks.coverage.tally import Part, percent, scaled
from benchmarks.tables import markdown

LIMIT, MARGIN, WINDOW, DAYS = 0.10, 0.02, 56, 365
THRESHOLD = np.log(3650.0)
HOSPITALS, SYSTEMS = 400, 12


def breached(events: np.ndarray, trials: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    """Return whether each stream is in breach on each night, shape (days, streams)."""
    bad, good = shares
    limit = LIMIT * bad / (LIMIT * bad + (1 - LIMIT) * good)
    alarm = shiryaev_roberts_paths(events, trials, limit) >= THRESHOLD
    totals = [np.cumsum(np.vstack([np.zeros_like(x[:1]), x]), axis=0) for x in (events, trials)]
    back = np.maximum(np.arange(1, len(events) + 1) - WINDOW, 0)
    e, n = (total[1:] - total[back] for total in totals)
    share = np.divide(e, n, out=np.zeros(n.shape), where=n > 0)
    rate = (share / bad) / (share / bad + (1 - share) / good)
    return alarm & (rate > LIMIT + MARGIN)


def healthy(
    rng: np.random.Generator, hospitals: int, a_day: float, rate: float, audited: float
) -> tuple[str, ...]:
    """Return how many of 12 systems that stay at `rate` are ever in breach within a year."""
    shape = (DAYS, hospitals * SYSTEMS)
    missed = rng.poisson(a_day * rate * audited, shape)
    trials = missed + rng.poisson(a_day * (1 - rate), shape)
    ever = breached(missed, trials, (audited, 1.0)).any(axis=0).reshape(hospitals, SYSTEMS)
    found = (
        percent(float(ever.mean()), ever.size),
        f"{ever.sum(axis=1).mean():.2f}",
        percent(float((ever.sum(axis=1) > 0).mean()), hospitals),
    )
    return f"{a_day:g}", f"{rate:.2f}", f"{audited:.0%}", *found


def creep(
    rng: np.random.Generator, streams: int, a_day: float, audited: float, ramp: int
) -> tuple[str, ...]:
    """Return the days from the rate's crossing of the limit to the breach; .06 to .28 in `ramp`."""
    before = 60
    days = before + ramp + 200
    rates = np.interp(np.arange(days), [before, before + ramp], [0.06, 0.28])[:, None]
    missed = rng.poisson(a_day * rates * audited, (days, streams))
    trials = missed + rng.poisson(a_day * (1 - rates), (days, streams))
    found = breached(missed, trials, (audited, 1.0))
    crossing = int(np.argmax(rates[:, 0] > LIMIT))
    delay = np.where(found.any(axis=0), found.argmax(axis=0), np.inf) - crossing
    quantiles = f"{np.median(delay):.0f}", f"{np.quantile(delay, 0.9, method='higher'):.0f}"
    return f"{a_day:g}", f"{audited:.0%}", str(ramp), *quantiles, f"{np.mean(delay < 0):.1%}"


def kept_limits(share: float) -> str:
    """Return the table of breaches of a limit that is kept."""
    rng, hospitals = np.random.default_rng(20260930), scaled(HOSPITALS, share)
    header = ("positives a day", "true rate", "audited", "systems", "in twelve", "hospitals, any")
    rows = [
        healthy(rng, hospitals, a_day, rate, audited)
        for a_day, audited in ((2, 1.0), (8, 1.0), (50, 1.0), (8, 0.25))
        for rate in (0.10, 0.07)
    ]
    return (
        f"{markdown(header, rows)}\n\n{hospitals:,} hospitals a row; ± is twice the standard error."
    )


def creeping(share: float) -> str:
    """Return the table of delays."""
    rng, streams = np.random.default_rng(20261001), scaled(2000, share)
    header = (
        "positives a day",
        "audited",
        "days of creep",
        "median",
        "90% by",
        "before the crossing",
    )
    rows = [
        creep(rng, streams, a_day, audited, ramp)
        for a_day, audited in ((8, 1.0), (8, 0.25), (50, 0.25))
        for ramp in (1, 28, 56)
    ]
    return f"{markdown(header, rows)}\n\n{streams:,} streams a row."


PARTS: dict[str, Part] = {"kept-limits": kept_limits, "creep": creeping}
