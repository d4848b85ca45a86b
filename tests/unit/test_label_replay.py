"""A month in which labels and a day of predictions come late, are revised and corrected.

Night by night and at once say the same; what was known stays.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feed_hospital import PSEUDONYM, SETTLED, ZONE, Drops, a_system
from upath import UPath

from aiops_pipelines.evaluation.areas import evaluate
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import figures_as_of
from aiops_pipelines.ingestion import (
    Intake,
    ingest_labels,
    ingest_predictions,
    ingest_scored_cases,
    recounts,
)
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area

START, REFERENCE_DAYS, CASES = date(2025, 3, 1), 4, 24
_LIMIT = {"window_days": 14, "minimum_n": 20, "minimum_events": 3}


def system(**truth: Any) -> Any:
    last = START + timedelta(days=REFERENCE_DAYS - 1)
    return a_system(
        reference={"from": str(START), "to": str(last)},
        limits=[
            {"metric": "auroc", "minimum": 0.6, **_LIMIT},
            {"metric": "sensitivity", "operating_point": "alert", "minimum": 0.3, **_LIMIT},
        ],
        truth={
            "truth": "death",
            "sources": ["chart"],
            "mature_after_days": 4,
            "completeness": 0.8,
            **truth,
        },
    )


def write_drops(drops: Drops, days: Sequence[date]) -> dict[date, list[str]]:
    """Write predictions, and labels 0 to 6 days late of which a fifth are revised later.

    Returns the rows of labels by the day they are received.
    """
    random = np.random.default_rng(5)
    arrivals: dict[date, list[str]] = {}
    for day in days:
        rows = []
        for index in range(CASES):
            case, score = f"{day:%m%d}{index:02d}", random.random()
            rows.append(f"{case},P{index},{day} 09:{index:02d}:00,{score:.3f},{50 + index},F")
            truth = int(random.random() < score)
            for reader in ("R1", "R2"):
                wait = min(int(random.exponential(1.5)), 6)
                _say(arrivals, case, truth, day + timedelta(days=wait), reader, 0)
                if random.random() < 0.2:
                    later = day + timedelta(days=wait + 1 + int(random.integers(4)))
                    _say(arrivals, case, 1 - truth, later, reader, 1)
        drops.put_predictions(*rows, day=day)
    for day, said in arrivals.items():
        drops.put_labels(*said, day=day)
    return arrivals


def _say(
    arrivals: dict[date, list[str]], case: str, value: int, day: date, reader: str, revision: int
) -> None:
    row = f"{case},{value},{datetime(day.year, day.month, day.day, 22)},chart,{reader},{revision}"
    arrivals.setdefault(day, []).append(row)


def fill(intake: Intake, of: Any, days: Sequence[date], as_of: date, *, new: bool) -> None:
    if new:
        list(ingest_predictions(intake, of, days, as_of))
    list(ingest_labels(intake, of, days, as_of))
    list(ingest_scored_cases(intake.lake, of, days, as_of))
    list(write_daily_statistics(intake.lake, of, days, as_of))


def fill_anew(intake: Intake, of: Any, as_of: date, last: date) -> None:
    """Count anew what the late deliveries touch, as the sensor and the replay of nights do."""
    for each in recounts(intake, of, as_of, last):
        span = [each.start + timedelta(days=k) for k in range((each.end - each.start).days + 1)]
        fill(intake, of, span, as_of, new=each.predictions)


def judged(intake: Intake, of: Any, day: date, as_of: date) -> list[Figure]:
    return evaluate(Area.PERFORMANCE, intake.lake, of, day, as_of)


def known_on(intake: Intake, of: Any, day: date, as_of: date) -> list[Figure]:
    return figures_as_of(intake.lake, Area.PERFORMANCE, of.id, day, as_of)


@pytest.mark.parametrize(
    ("adjudication", "nights"),
    [(None, 31), ({"rule": "consensus", "readers": 2}, 5)],
    ids=["last word", "consensus"],
)
def test_night_by_night_and_one_batch_restate_alike_and_what_was_known_stays(
    tmp_path: Path, adjudication: Any, nights: int
) -> None:
    of = system(adjudication=adjudication)
    days = [START + timedelta(days=offset) for offset in range(REFERENCE_DAYS + nights)]
    reference, month = days[:REFERENCE_DAYS], days[REFERENCE_DAYS:]
    drops = Drops.below(tmp_path / "feeds")
    arrivals = write_drops(drops, days)
    sent_late, corrected = month[0], month[1]
    late = Path(str(drops.root), "risk", "predictions", f"{sent_late}.csv")
    held_back = late.rename(late.with_suffix(".part"))
    nightly = Intake(Lake(UPath(tmp_path / "nightly")), drops.root, PSEUDONYM, ZONE, SETTLED)
    at_once = Intake(Lake(UPath(tmp_path / "once")), drops.root, PSEUDONYM, ZONE, SETTLED)
    # The profile is fixed when the reference period ends: both start from the same bins.
    for intake in (nightly, at_once):
        fill(intake, of, reference, reference[-1], new=True)

    told: dict[date, list[Figure]] = {}
    for night in month:
        if night == month[2]:
            held_back.rename(late)
            drops.put_labels(*arrivals[corrected][3:], day=corrected)
        fill_anew(nightly, of, night, night - timedelta(days=1))
        fill(nightly, of, [night], night, new=True)
        told[night] = judged(nightly, of, night, night)
    as_known = {night: known_on(nightly, of, night, night) for night in month}

    end = days[-1] + timedelta(days=20)
    fill_anew(nightly, of, end, end)
    fill(nightly, of, days, end, new=False)
    fill(at_once, of, days, end, new=True)
    for day in days:
        night_by_night = nightly.lake.read("daily_statistics", of.id, day)
        assert night_by_night.equals(at_once.lake.read("daily_statistics", of.id, day))

    changed = 0
    for night in month[::4]:
        restated = judged(nightly, of, night, end)
        assert restated == judged(at_once, of, night, end)
        changed += [f.estimate for f in restated] != [f.estimate for f in told[night]]
    assert changed > nights / 8, "late labels must have changed most nights' figures"
    for night in month:
        assert as_known[night]
        assert known_on(nightly, of, night, night) == as_known[night]
