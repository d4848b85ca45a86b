"""FHIR R4 in NDJSON and Bundles: what is a row, what is refused, what is not this feed's."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from clinical_samples import FHIR_RISK, bundle, ndjson, observation, risk_assessment
from feed_hospital import DAY, Drops, a_system, cases, refusals
from ruamel.yaml import YAML

from aiops_pipelines.feeds import Rule

SYSTEM = a_system(predictions=FHIR_RISK, features=[], subgroups=[])
FILE = f"{DAY}-a.ndjson"
DATA = Path(os.environ.get("AIOPS_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


def read(drops: Drops, content: str | bytes):
    drops.put(f"predictions/{FILE}", content)
    return drops.predictions(SYSTEM)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", ["ndjson", "bundle", "resource"])
def test_each_form_gives_the_same_typed_row(drops, form, indent):
    one = risk_assessment("c1", 0.37)
    texts = {"ndjson": ndjson(one), "bundle": bundle(one, indent=indent)}
    batch = read(drops, texts.get(form, json.dumps(one, indent=indent)))
    (row,) = batch.rows.to_pylist()
    assert row["case_id"], row["version"] == (cases("c1")[0], "v3")
    assert row["score"] == 0.37
    assert row["predicted_at"] == datetime(2025, 3, 4, 12, tzinfo=UTC)
    assert batch.provenance.to_pylist() == [{"file": f"risk/predictions/{FILE}", "row": 1}]
    assert batch.quarantine.num_rows == 0


def test_a_broken_line_in_the_middle_costs_that_line(drops):
    lines = ndjson(*(risk_assessment(f"c{k}", k / 10) for k in range(5))).splitlines()
    lines[2] = lines[2][:-20]
    batch = read(drops, "\r\n".join(lines))
    assert batch.rows["case_id"].to_pylist() == cases("c0", "c1", "c3", "c4")
    assert batch.provenance["row"].to_pylist() == [1, 2, 4, 5]
    assert refusals(batch) == [(FILE, 3, Rule.NOT_JSON, None)]


def test_a_broken_first_line_costs_that_line(drops):
    batch = read(drops, "{broken\n" + ndjson(risk_assessment("c1", 0.5)))
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch) == [(FILE, 1, Rule.NOT_JSON, None)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", Rule.EMPTY_FILE),
        (bundle(risk_assessment("c1", 0.5))[:-40], Rule.NOT_FHIR),
        (b'{"resourceType":"Bundle","entry":{"a":1}}', Rule.NOT_FHIR),
        (b"case,score\nc1,0.5\n", Rule.NOT_FHIR),
        (bundle(risk_assessment("c1", 0.5)).encode("utf-16"), Rule.NOT_UTF8),
        (ndjson(observation("c1", "x", 1.0)), Rule.NO_RESOURCE),
        (b'{"resourceType":"Bundle"}', Rule.NO_RESOURCE),
        (
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            b'<RiskAssessment xmlns="http://hl7.org/fhir"><id value="&x;"/></RiskAssessment>',
            Rule.XML,
        ),
        (b'\xef\xbb\xbf  <Bundle xmlns="http://hl7.org/fhir"/>', Rule.XML),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_quarantined_and_the_others_are_read(
    drops, content, rule
):
    drops.put(f"predictions/{DAY}-b.ndjson", ndjson(risk_assessment("c2", 0.5)))
    batch = read(drops, content)
    assert batch.rows["case_id"].to_pylist() == cases("c2")
    assert refusals(batch) == [(FILE, None, rule, None)]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "entered-in-error"}, Rule.RETRACTED),
        ({"status": ["final"]}, Rule.NOT_A_RESOURCE),
        ({"prediction": "high"}, Rule.NOT_A_RESOURCE),
        ({"subject": {"reference": 5}}, Rule.NOT_A_RESOURCE),
        ({"prediction": []}, Rule.SCORE_MISSING),
        ({"occurrenceDateTime": "4 March"}, Rule.NOT_A_RESOURCE),
        ({"prediction": [{"rationale": "none"}]}, Rule.SCORE_MISSING),
        ({"method": {"coding": [{"code": "1"}, {"code": "2"}]}}, Rule.SEVERAL_VALUES),
        ({"id": "x" * 20_000}, Rule.NOT_A_RESOURCE),
        ({"occurrenceDateTime": "2025-03-09T12:00:00Z"}, Rule.NOT_ON_ITS_DAY),
    ],
)
def test_a_resource_that_breaks_a_rule_is_refused_and_the_others_stay(drops, change, rule):
    content = ndjson(risk_assessment("c1", 0.5), risk_assessment("c2", 0.5, **change))
    batch = read(drops, content)
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert [found[:3] for found in refusals(batch)] == [(FILE, 2, rule)]


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_deep_nesting_costs_its_own_line(drops, depth):
    nested = '{"extension":[' * depth + "]}" * depth
    line = json.dumps(risk_assessment("c2", 0.5))[:-1] + f', "extension": [{nested}]}}\n'
    batch = read(drops, ndjson(risk_assessment("c1", 0.5)) + line)
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch)[0][1] == 2


def test_labels_are_the_observations_that_where_names(drops):
    labels = {
        "kind": "fhir",
        "path": "risk/labels/{day}.ndjson",
        "resource": "Observation",
        "where": {"code.coding.code": "sepsis-3"},
        "columns": {
            "case_id": "identifier.where(system = 'urn:case').value",
            "value": "value",
            "decided_at": "effectiveDateTime",
        },
        "values": {"value": {"true": "1", "false": "0"}},
    }
    truth = {"truth": "sepsis", "sources": ["chart"], "mature_after_days": 7}
    system = a_system(labels=labels, truth=truth)
    drops.put(
        f"labels/{DAY}.ndjson",
        ndjson(
            observation("c1", "sepsis-3", True),
            observation("c1", "8867-4", 80.0),
            observation("c2", "sepsis-3", False),
        ),
    )
    batch = drops.labels(system)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert batch.rows["value"].to_pylist() == [1.0, 0.0]
    assert batch.provenance["row"].to_pylist() == [1, 3]
    assert batch.quarantine.num_rows == 0


def date_or_time(value: date) -> str:
    zoned = isinstance(value, datetime) and value.tzinfo is None
    return (value.replace(tzinfo=UTC) if zoned else value).isoformat()


@pytest.mark.real_data
@pytest.mark.parametrize("kind", ["Observation", "DiagnosticReport"])
def test_every_published_example_of_us_core_is_a_row(drops, kind):
    found = []
    for file in sorted((DATA / "fhir_dicom" / "us-core").glob("*.yml")):
        if f"resourceType: {kind}\n" in (text := file.read_text()):
            found.append(YAML(typ="safe").load(text))
    columns = {
        "case_id": "id",
        "predicted_at": "iif(true, '2025-03-04T12:00:00Z')",
        "score": "iif(true, '1')",
    }
    feed = {**FHIR_RISK, "resource": kind, "columns": columns}
    drops.put(
        f"predictions/{FILE}", "".join(json.dumps(t, default=date_or_time) + "\n" for t in found)
    )
    system = a_system(predictions=feed, features=[], subgroups=[])
    batch = drops.predictions(system)
    assert len(found) > 4
    wrong = [
        (found[row - 1]["id"], rule)
        for _, row, rule, _ in refusals(batch)
        if rule != Rule.DUPLICATE
    ]
    without_narrative = [("cbc", Rule.NOT_A_RESOURCE)]
    assert wrong == (without_narrative if kind == "DiagnosticReport" else [])
    assert batch.rows.num_rows == len({tree["id"] for tree in found}) - len(wrong)
