"""Clauses of a rate over a contract year: false breaches at the limit, and the delay of a creep.

Every stream is judged as the ledger judges it, night by night: the e-detector's alarm and a window
estimate beyond the limit by its margin. Prints the tables of docs/validation.md.
"""

import argparse

import numpy as np

from aiops_pipelines.statistics.shiryaev_roberts import shiryaev_roberts_paths

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
    rng: np.random.Generator, share: float, a_day: float, rate: float, audited: float
) -> str:
    """Return how many of 12 systems that stay at `rate` are ever in breach within a year."""
    hospitals = max(round(HOSPITALS * share), 1)
    shape = (DAYS, hospitals * SYSTEMS)
    missed = rng.poisson(a_day * rate * audited, shape)
    trials = missed + rng.poisson(a_day * (1 - rate), shape)
    ever = breached(missed, trials, (audited, 1.0)).any(axis=0).reshape(hospitals, SYSTEMS)
    return (
        f"| {a_day:g} | {rate:.2f} | {audited:.0%} | {ever.mean():.1%} | "
        f"{ever.sum(axis=1).mean():.2f} | {(ever.sum(axis=1) > 0).mean():.1%} |"
    )


def creep(rng: np.random.Generator, share: float, a_day: float, audited: float, ramp: int) -> str:
    """Return the days from the rate's crossing of the limit to the breach; .06 to .28 in `ramp`."""
    streams, before = max(round(2000 * share), 1), 60
    days = before + ramp + 200
    rates = np.interp(np.arange(days), [before, before + ramp], [0.06, 0.28])[:, None]
    missed = rng.poisson(a_day * rates * audited, (days, streams))
    trials = missed + rng.poisson(a_day * (1 - rates), (days, streams))
    found = breached(missed, trials, (audited, 1.0))
    crossing = int(np.argmax(rates[:, 0] > LIMIT))
    delay = np.where(found.any(axis=0), found.argmax(axis=0), np.inf) - crossing
    early = np.mean(delay < 0)
    return (
        f"| {a_day:g} | {audited:.0%} | {ramp} | {np.median(delay):.0f} | "
        f"{np.quantile(delay, 0.9):.0f} | {early:.1%} |"
    )


def main(share: float) -> None:
    rng = np.random.default_rng(20260930)
    print("### Twelve systems for a year: contract breaches of a limit that is kept\n")
    print("| positives a day | true rate | audited | systems | in twelve | hospitals with any |")
    print("| --- | --- | --- | --- | --- | --- |")
    for a_day, audited in ((2, 1.0), (8, 1.0), (50, 1.0), (8, 0.25)):
        for rate in (0.10, 0.07):
            print(healthy(rng, share, a_day, rate, audited))
    print("\n### Days from crossing .10 to the breach, creeping from .06 to .28\n")
    print("| positives a day | audited | days of creep | median | 90% by | before the crossing |")
    print("| --- | --- | --- | --- | --- | --- |")
    for a_day, audited in ((8, 1.0), (8, 0.25), (50, 0.25)):
        for ramp in (1, 28, 56):
            print(creep(rng, share, a_day, audited, ramp))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=1.0, help="of the simulations")
    main(parser.parse_args().share)
