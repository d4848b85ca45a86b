"""Clauses of a rate over a contract year: false breaches at the limit, and the delay of a creep.

Every stream is judged as the ledger judges it, night by night: the e-detector's alarm and a window
estimate beyond the limit by its margin.
"""

import numpy as np

from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.shiryaev_roberts import shiryaev_roberts_paths
from benchmarks.coverage.tally import Part, percent, scaled
from benchmarks.tables import markdown

LIMIT, MARGIN, WINDOW, DAYS = 0.10, 0.02, 56, 365
THRESHOLD = np.log(3650.0)
HOSPITALS, SYSTEMS = 400, 12
CLAIM_MARGIN, CLAIM_WINDOW = 0.05, 90


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


def claim(rng: np.random.Generator, streams: int, a_day: float, local: float) -> tuple[str, ...]:
    """Return how many vendors are told they are inferior within a year, by each rule.

    Claimed .94 of 412 with a margin of .05; looked at every fortnight.
    """
    looks = np.arange(13, DAYS, 14)
    claimed = proportions(rng.binomial(412, 0.94, streams), np.full(streams, 412))
    cases = rng.poisson(a_day, (DAYS, streams))
    missed = np.cumsum(rng.binomial(cases, 1 - local), axis=0)
    total = np.cumsum(cases, axis=0)
    tonight, proven = np.zeros(streams, np.bool_), np.full(streams, np.inf)
    spread = claimed.value - claimed.low
    for look in looks:
        since = max(look - CLAIM_WINDOW, 0)
        n = total[look] - (total[since] if since else 0)
        found = proportions(n - missed[look] + (missed[since] if since else 0), n)
        gap = found.value - claimed.value
        inferior = gap + np.hypot(found.high - found.value, spread) < -CLAIM_MARGIN
        tonight |= inferior
        for stream in np.flatnonzero(inferior & np.isinf(proven)):
            bad, tried = int(missed[look, stream]), int(total[look, stream])
            low, _ = bernoulli_confidence_interval(bad, tried, 0.05, 91 * a_day)
            whole = 1 - bad / tried - claimed.value[stream]
            if whole + np.hypot(bad / tried - low, spread[stream]) < -CLAIM_MARGIN:
                proven[stream] = look + 1
    return (
        f"{a_day:g}",
        f"{local:.2f}",
        percent(float(tonight.mean()), streams),
        percent(float(np.isfinite(proven).mean()), streams),
        f"{np.median(proven):.0f}",
    )


def claims(share: float) -> str:
    """Return the table of claims found false, by one night's interval and by our rule."""
    rng, streams = np.random.default_rng(20261125), scaled(1000, share)
    header = ("cases a day", "true local rate", "one night", "at any time", "median days")
    rows = [
        claim(rng, streams, a_day, local) for a_day in (8, 50) for local in (0.94, 0.89, 0.84, 0.80)
    ]
    return f"{markdown(header, rows)}\n\n{streams:,} vendors a row."


PARTS: dict[str, Part] = {"kept-limits": kept_limits, "creep": creeping, "claims": claims}
