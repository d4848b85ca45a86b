"""How often audits of subgroups call exact parity a gap."""

import numpy as np
from numpy.typing import NDArray

from aiops_pipelines import statistics as s
from benchmarks.coverage.tally import Part, percent, scaled
from benchmarks.tables import markdown

NAMES = {
    "sex": ["F", "M"],
    "site": ["North", "South", "West"],
    "age": ["<40", "40-64", "65-79", "80+"],
}
MIX = {"sex": [0.5, 0.5], "site": [0.7, 0.2, 0.1], "age": [0.15, 0.35, 0.35, 0.15]}
AUDITS = 500


def verdicts(
    rng: np.random.Generator, n: int, prevalence: float, audits: int
) -> NDArray[np.float64]:
    """Return the share of audits with a critical gap, with a warning, or with nothing said."""
    found = np.zeros(3)
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
    return found / audits


def parity(share: float) -> str:
    """Return the table of verdicts at exact parity."""
    audits = scaled(AUDITS, share)
    rows = []
    for index, n in enumerate((15, 50, 150, 500)):
        for prevalence in (0.1, 0.5):
            rng = np.random.default_rng([7, index, round(10 * prevalence)])
            shares = verdicts(rng, n, prevalence, audits)
            rows.append((n, prevalence, *(percent(float(each), audits) for each in shares)))
    header = ("n", "prevalence", "a gap critical", "a warning", "insufficient data throughout")
    return f"{markdown(header, rows)}\n\n{audits:,} audits a row; ± is twice the standard error."


PARTS: dict[str, Part] = {"parity": parity}
