"""The example portfolios over real data: valid, and reading every row of the files as they are."""

import os
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from feed_hospital import PSEUDONYM
from upath import UPath

from aiops_pipelines.feeds import prediction_arrivals, read_labels, read_predictions
from aiops_pipelines.portfolio import System, load_portfolio

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("AIOPS_REAL_DATA", ROOT.parent / "shared" / "data"))
UTC = ZoneInfo("UTC")

SYSTEMS = [
    ("icu-mortality", "apache-iv", "patientunitstayid", "label_died_hospital", -1, 95),
    ("icu-mortality", "apache-iva", "patientunitstayid", "label_died_hospital", -1, 95),
    ("readmission-130", "readmission-gb", "encounter_id", "label_readmit_lt30", None, 299),
    ("readmission-130", "readmission-lr", "encounter_id", "label_readmit_lt30", None, 299),
    ("support2", "support-model", "row", "label_dead_60d", None, 183),
    ("support2", "support-physician", "row", "label_dead_60d", None, 183),
]


@pytest.mark.parametrize("folder", ["icu-mortality", "readmission-130", "support2"])
def test_the_example_portfolio_is_valid(folder):
    assert len(load_portfolio(ROOT / "examples" / folder).systems) == 2


def read_all(system: System) -> pd.DataFrame:
    """Return case pseudonym, score, label and day of all that the feeds give."""
    root, parts = UPath(DATA), []
    for day in prediction_arrivals(system, root):
        predictions = read_predictions(system, day, root, PSEUDONYM, UTC)
        labels = read_labels(system, day, day, root, PSEUDONYM, UTC)
        cases = predictions.rows.select(["case_id", "score"]).to_pandas()
        truth = labels.rows.select(["case_id", "value"]).to_pandas()
        parts.append(cases.merge(truth, on="case_id", validate="1:1").assign(day=day))
        (file,) = predictions.files
        assert predictions.rows.num_rows + predictions.refused_rows == file.rows
    return pd.concat(parts, ignore_index=True)


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir() and os.environ.get("CI") != "true", reason="no real data")
@pytest.mark.parametrize(("folder", "name", "case", "label", "no_score", "days"), SYSTEMS)
def test_every_scored_row_of_the_real_file_arrives_with_its_outcome(
    folder, name, case, label, no_score, days
):
    system = load_portfolio(ROOT / "examples" / folder).system(name)
    file = pd.read_csv(DATA / system.predictions.path, dtype={case: str})
    score = system.predictions.columns["score"]
    told = file[file[score].notna() & (file[score] != no_score)]
    found = read_all(system)
    assert found["case_id"].tolist() == [PSEUDONYM.one(value, "case") for value in told[case]]
    assert found["score"].tolist() == told[score].tolist()
    assert found["value"].tolist() == told[label].tolist()
    assert system.predictions.days is not None
    assert found["day"].iloc[-1] <= date(2025, 1, 1) + timedelta(days=days - 1)
    assert len(prediction_arrivals(system, UPath(DATA))) == days
