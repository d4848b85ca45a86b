"""Subgroups of a night: counts that add up, verdicts that allow for all gaps looked at."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from night_hospital import REFERENCE_DAYS, Night, limit, rule_like, system_like

from aiops_pipelines.evaluation.window import history

GAP = limit(
    "sensitivity_gap", operating_point="bundle", subgroup="*", maximum=0.2, window_days=28,
    minimum_n=50, minimum_events=11,
)  # fmt: skip
LAST = REFERENCE_DAYS + 25
POINT = "bundle"


def made(folder: Path, cases: int = 150, **changes: Any) -> Night:
    base = system_like("falls-risk", limits=(GAP,), subgroups=("sex", "site"))
    rule = rule_like(base, mature_after_days=3)
    return Night(folder, base.model_copy(update={"truth": rule} | changes), cases)


def test_intersections_of_a_window_are_the_sum_of_its_days_cases(tmp_path: Path) -> None:
    night = made(tmp_path)

    def some_unknown(frame: Any) -> Any:
        return frame.assign(site=frame["site"].where(frame.index % 5 != 0))

    night.fill(0, REFERENCE_DAYS + 1, labelled=0.8, frame=some_unknown)
    days = [night.day(number) for number in range(3, 9)]
    known = history(night.lake, night.system, days[-1], days[-1])
    counted = {row.subgroup: row for row in known.window(days).subgroup_counts(POINT)}
    cases = pd.concat(
        night.lake.read("scored_cases", night.system.id, day).to_pandas() for day in days
    )
    threshold = night.system.output.operating_points[0].threshold
    for sex in "abc":
        for site, chosen in (("b", cases["site"] == "b"), ("unknown", cases["site"].isna())):
            cell = cases[(cases["sex"] == sex) & chosen]
            flagged, label = cell["score"] >= threshold, cell["label"]
            row = counted[f"sex={sex}|site={site}"]
            assert (row.n, row.flagged) == (len(cell), int(flagged.sum()))
            assert (row.tp, row.fn) == (
                int((flagged & (label == 1)).sum()),
                int((~flagged & (label == 1)).sum()),
            )
            assert (row.fp, row.tn) == (
                int((flagged & (label == 0)).sum()),
                int((~flagged & (label == 0)).sum()),
            )
            np.testing.assert_allclose(row.expected, cell["score"][label.notna()].sum())
    whole = counted["all"]
    assert sum(row.n for name, row in counted.items() if "|" in name) == whole.n == len(cases)
