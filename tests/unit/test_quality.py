"""Suites judge a day without showing a value; a system's YAML adds to them and may block."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from feed_hospital import DAY, a_system, system_tree
from pydantic import ValidationError

from aiops_pipelines.quality.data_docs import page_path, render_page, write_page
from aiops_pipelines.quality.validation import (
    quality_figures,
    validate_labels,
    validate_predictions,
)
from aiops_pipelines.schema import LABEL_ARRIVALS, predictions_schema
from aiops_pipelines.verdict import Verdict

SECRET = "pseudonym-that-nobody-may-read"


def predictions(system: Any, n: int, **columns: Any) -> pa.Table:
    random = np.random.default_rng(n)
    moment = np.full(n, np.datetime64("2025-03-04T10:00", "us"))
    rows = {
        "case_id": [f"{SECRET}{i}" for i in range(n)],
        "patient_id": [f"P{i}" for i in range(n)],
        "predicted_at": moment,
        "received_at": moment,
        "version": ["1"] * n,
        "score": random.random(n),
        "age": random.normal(60, 10, n),
        "sex": ["F", "M"] * (n // 2),
        **columns,
    }
    schema = predictions_schema(system)
    return pa.table({name: pa.array(rows[name]) for name in schema.names}).cast(schema)


def verdicts(outcomes: Any, system: Any) -> dict[str, Verdict]:
    found = quality_figures(outcomes, "predictions", system, DAY, DAY)
    return {f"{f.metric} {f.feature}": f.verdict for f in found}


def test_what_a_system_adds_is_judged_with_its_severity() -> None:
    rule = {"expect": "expect_column_median_to_be_between", "column": "age", "max_value": 40}
    for severity, verdict, blocks in (
        ("warn", Verdict.WARN, False),
        ("error", Verdict.BREACH, False),
        ("block", Verdict.BREACH, True),
    ):
        system = a_system(quality=[{**rule, "severity": severity}])
        found = validate_predictions(system, predictions(system, 40)).outcomes
        [own] = [each for each in found if "median" in each.rule]
        assert verdicts(found, system)["column median to be between age"] is verdict
        assert (own.passed, own.blocks) == (False, blocks)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"expect": "expect_magic", "column": "age"}, "unknown expectation"),
        (
            {"expect": "expect_column_values_to_be_in_set", "column": "sex"},
            "needs value_set",
        ),
        (
            {"expect": "expect_column_mean_to_be_between", "column": "age", "mostly": 0.9},
            "does not take mostly",
        ),
        (
            {"expect": "expect_column_mean_to_be_between", "column": "shoe", "min_value": 1},
            "no column 'shoe'",
        ),
        (
            {"expect": "expect_column_mean_to_be_between", "min_value": 1},
            "needs `column`",
        ),
    ],
    ids=["unknown", "lacking", "strange", "no such column", "no column"],
)
def test_a_mistake_in_the_yaml_is_named(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_system(quality=[entry])
    assert "quality" not in system_tree()


def test_results_and_pages_hold_no_value_and_load_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rule = {"expect": "expect_column_median_to_be_between", "column": "age", "max_value": 40}
    system = a_system(quality=[rule])
    table = predictions(system, 40, case_id=[SECRET] * 40, score=np.full(40, 0.1234567))
    found = validate_predictions(system, table)
    assert any(not each.passed for each in found.outcomes)
    page = render_page(found.result)
    assert "Exception" not in caplog.text and "Exception" not in page
    assert SECRET not in page and "0.1234567" not in page
    assert SECRET not in str(found.result.to_json_dict())
    assert "default-src 'none'" in page.split("<head>", 1)[1][:200]
    path = page_path(tmp_path, "risk", "predictions", date(2025, 3, 4))
    write_page(path, page)
    assert path.read_text() == page and [*path.parent.iterdir()] == [path]


def test_labels_from_elsewhere_and_out_of_bounds_breach() -> None:
    system = a_system()
    moment = np.full(30, np.datetime64("2025-03-04T10:00", "us"))
    rows = {
        "case_id": [f"C{i}" for i in range(30)],
        "value": np.full(30, 7.0),
        "decided_at": moment,
        "received_at": moment,
        "source": ["billing"] * 30,
        "reader": ["R1"] * 30,
        "revision": np.zeros(30, np.int32),
        "case_day": [DAY] * 30,
        "file": ["risk/labels/2025-03-04.csv"] * 30,
        "row": np.arange(2, 32),
    }
    schema = LABEL_ARRIVALS
    table = pa.table({name: pa.array(rows[name]) for name in schema.names}).cast(schema)
    found = validate_labels(system, table).outcomes
    broken = {each.column for each in found if not each.passed and each.critical}
    assert broken == {"value", "source"}


def test_an_empty_day_has_no_outcome() -> None:
    system = a_system()
    assert validate_predictions(system, predictions_schema(system).empty_table()).outcomes == []


def test_ten_expectations_on_a_large_day_stay_quick() -> None:
    rule = {"expect": "expect_column_mean_to_be_between", "column": "age", "min_value": 1}
    system = a_system(quality=[rule] * 3)
    table = predictions(system, 100_000)
    validate_predictions(system, table)
    start = time.process_time()
    found = validate_predictions(system, table).outcomes
    assert len(found) >= 7
    assert time.process_time() - start < 1.5, "0.5 s on an idle machine; see benchmarks"
