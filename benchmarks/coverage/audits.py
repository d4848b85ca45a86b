"""How often exact parity is called critical, and how estimates of days without labels cover.

Run `python benchmarks/coverage/audits.py`; `--share 0.1` runs a tenth of the repetitions.
Seeds are fixed: the same share prints the same tables.
"""

import argparse

import numpy as np
from numpy.typing import NDArray
from populations import BINARY, Population

from aiops_pipelines import statistics as s

NAMES = {
    "sex": ["F", "M"],
    "site": ["North", "South", "West"],
    "age": ["<40", "40-64", "65-79", "80+"],
}
MIX = {"sex": [0.5, 0.5], "site": [0.7, 0.2, 0.1], "age": [0.15, 0.35, 0.35, 0.15]}
Wrong = NDArray[np.int64]


def verdicts(rng: np.random.Generator, n: int, prevalence: float, audits: int) -> Wrong:
    """Return how many audits called a gap critical, warned of one, or said nothing, at parity."""
    found = np.zeros(3, np.int64)
    for _ in range(audits):
        codes = {
            name: rng.choice(len(values), n, p=MIX[name]).astype(np.int16)
            for name, values in NAMES.items()
        }
        label = rng.random(n) < prevalence
        flagged = rng.random(n) < np.where(label, 0.85, 0.1)
        report = s.subgroup_gaps(s.count_groups(flagged, label, codes, NAMES))
        said = {
            getattr(row, rate).verdict
            for row in report.rows
            for rate in ("flag_rate", "sensitivity", "specificity", "ppv")
        }
        found += ["critical" in said, "warning" in said, said == {"insufficient data"}]
    return found


def estimated(
    rng: np.random.Generator, population: Population, n: int, draws: int
) -> dict[str, int]:
    """Return how often CBPE's interval held the figure that labels later showed."""
    held: dict[str, int] = {"auroc": 0, "sensitivity": 0, "ppv": 0, "figures": 0}
    for _ in range(draws):
        before, _, known = population.draw(rng, 2000)
        now, _, truth = population.draw(rng, n)
        guess = s.estimate_performance(now, before, known, [population.threshold])
        shown = s.operating_point(now, truth, population.threshold)
        pairs = {
            "auroc": (guess.auroc, s.auroc(now, truth).value),
            "sensitivity": (guess.points[0].sensitivity, shown.sensitivity.value),
            "ppv": (guess.points[0].ppv, shown.ppv.value),
        }
        if any(value is None for _, value in pairs.values()):
            continue
        held["figures"] += 1
        for name, (estimate, value) in pairs.items():
            held[name] += bool(estimate.low - 1e-9 <= value <= estimate.high + 1e-9)
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the repetitions")
    share = parser.parse_args().share
    audits, draws = max(10, round(400 * share)), max(10, round(200 * share))
    print("### Audits of three dimensions and their pairs at exact parity\n")
    print("| n | prevalence | a gap critical | a warning | insufficient data throughout |")
    print("| --- | --- | --- | --- | --- |")
    for index, n in enumerate((15, 50, 150, 500)):
        for prevalence in (0.1, 0.5):
            rng = np.random.default_rng([7, index, round(10 * prevalence)])
            counts = verdicts(rng, n, prevalence, audits) / audits
            print(f"| {n} | {prevalence} | " + " | ".join(f"{each:.1%}" for each in counts) + " |")
    print("\n### CBPE from 2,000 reference cases: intervals that held what labels later showed\n")
    print("| prevalence | n | AUROC | sensitivity | PPV |")
    print("| --- | --- | --- | --- | --- |")
    for prevalence in (0.1, 0.5):
        for n in (50, 200, 1000):
            rng = np.random.default_rng([11, n, round(10 * prevalence)])
            held = estimated(rng, BINARY[prevalence], n, draws)
            rates = [held[name] / held["figures"] for name in ("auroc", "sensitivity", "ppv")]
            print(f"| {prevalence} | {n} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |")


if __name__ == "__main__":
    main()
