"""Published predictions and outcomes, taken as they are, give scikit-learn's AUROC."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from mini_hospital import ROOT, MiniHospital
from sklearn.metrics import roc_auc_score
from upath import UPath

from aiops_pipelines.feeds import prediction_arrivals
from aiops_pipelines.portfolio import load_portfolio

DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.real_data


@dataclass(frozen=True)
class Published(MiniHospital):
    """An example portfolio on the folder of published data."""

    example: str = "icu-mortality"

    def environment(self) -> dict[str, str]:
        return super().environment() | {
            "AIOPS_PORTFOLIO": str(ROOT / "examples" / self.example),
            "AIOPS_FEEDS": str(DATA),
        }


def expected(example: str) -> list[float]:
    """Return scikit-learn's AUROC of each system on the rows that have a score."""
    folder, label, scores = {
        "icu-mortality": (
            "eicu_apache",
            "label_died_hospital",
            ["score_apache_iv", "score_apache_iva"],
        ),
        "support2": (
            "support2",
            "label_dead_60d",
            ["score_model_dead_2m", "score_physician_dead_2m"],
        ),
    }[example]
    table = pd.read_csv(DATA / folder / "predictions_and_outcomes.csv")
    scored = [table[table[score].notna() & (table[score] >= 0)] for score in scores]
    return [roc_auc_score(t[label], t[s]) for t, s in zip(scored, scores, strict=True)]


@pytest.mark.parametrize("example", ["icu-mortality", "support2"])
def test_backfilled_archives_give_the_auroc_of_scikit_learn(example: str, tmp_path: Path) -> None:
    hospital = Published(tmp_path, example)
    hospital.home.mkdir()
    book = load_portfolio(ROOT / "examples" / example)
    days = [day for s in book.systems for day in prediction_arrivals(s, UPath(DATA))]
    first, last = str(min(days)), str(max(days))
    done = hospital.aiops("backfill", "--from", first, "--to", last, "--as-of", last)
    assert "Traceback" not in done.stderr, done.stderr
    found = [
        hospital.json("exact", system.id, "--from", first, "--to", last)["AUROC"]["value"]
        for system in book.systems
    ]
    assert sorted(found) == pytest.approx(sorted(expected(example)), abs=1e-9)
