"""A portfolio with mistakes: each is named by file, line and field, and stops only its system."""

from pathlib import Path

import pytest
from feed_hospital import system_tree
from ruamel.yaml import YAML

from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio import load_hospital, load_portfolio, read_portfolio

HOSPITAL = """\
name: Test Hospital
time_zone: America/Chicago
monitoring_start: 2025-01-01
operations_manager: A
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "systems").mkdir()
    (tmp_path / "hospital.yaml").write_text(HOSPITAL)
    put(tmp_path, "good.yaml", id="good")
    return tmp_path


def put(folder: Path, file_name: str, **changes: object) -> None:
    with (folder / "systems" / file_name).open("w") as file:
        YAML().dump(system_tree(**changes), file)


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first `old` in a system's file and return the 1-based line where it was."""
    path = folder / "systems" / name
    text = path.read_text()
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_a_good_portfolio_has_no_problems(folder):
    assert [system.id for system in load_portfolio(folder).systems] == ["good"]


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        (
            "intended_use: tests",
            "intended_usee: tests",
            "intended_usee",
            "did you mean `intended_use`?",
        ),
        ("id: bad", "id: ../etc", "id", "should be lower-case letters"),
        ("id: bad", "id: a/b", "id", "should be lower-case letters"),
        ("id: bad", "id: Bad", "id", "should be lower-case letters"),
        ("task: binary", "task: oracle", "output.task", "Input should be"),
        ("threshold: 0.5", "threshold: 1.5", "output.operating_points.0.threshold", "less than"),
        ("path: risk/labels", "path: ../labels", "labels.path", "no `..`"),
        ("path: risk/labels", "path: /labels", "labels.path", "relative to the feeds' root"),
        ("kind: csv", "kind: xlsx", "predictions.kind", "Input should be"),
        ("go_live: '2024-01-01'", "go_live: soon", "lifecycle.go_live", "valid date"),
        ("mature_after_days: 7", "mature_after_days: -7", "truth.mature_after_days", "greater"),
        ("go_live: '2024-01-01'", "go_live: 2024-13-01", "lifecycle.go_live", "month value"),
        ("threshold: 0.5", "threshold: .nan", "output.operating_points.0.threshold", "finite"),
        ("next_review: '2026", "next_review: '2020", "lifecycle.next_review", "before `go_live`"),
        ("    sex: sex", "    sexx: sex", "predictions.columns.sexx", "does not have this"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(folder, old, new, field, words):
    put(folder, "bad.yaml", id="bad")
    line = edit(folder, "bad.yaml", old, new)
    with pytest.raises(PortfolioError) as caught:
        load_portfolio(folder)
    assert f"bad.yaml:{line}: {field}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"reference": {"from": "2024-03-31", "to": "2024-01-01"}}, "reference", "must end"),
        ({"subgroups": ["sex", "sex"]}, "subgroups", "sex is listed twice"),
        ({"subgroups": ["sex", "site"]}, "predictions.columns", "which column holds site"),
        (
            {"features": [{"name": "score", "kind": "numeric"}]},
            "features",
            "score is a column of every system",
        ),
        (
            {"features": [{"name": "age", "kind": "numeric", "range": [120, 0]}]},
            "features.0",
            "begin with its lowest value",
        ),
        (
            {"versions": [{"version": v, "from": "2024-01-01"} for v in "12"]},
            "versions",
            "in order of their dates",
        ),
        (
            {"limits": [{"metric": "sensitivity", "operating_point": "call", "minimum": 0.8}]},
            "limits.0",
            "unknown operating point 'call'",
        ),
        (
            {"quality": [{"expect": "expect_column_values_to_not_be_null", "column": "shoe"}]},
            "quality.0",
            "no column 'shoe'",
        ),
    ],
)
def test_parts_that_contradict_each_other_are_named_by_their_field(folder, changes, field, words):
    put(folder, "bad.yaml", id="bad", **changes)
    told = read_portfolio(folder).problems
    assert any(f": {field}: " in each and words in each for each in told)
    assert all(int(each.split("bad.yaml:")[1].split(":")[0]) > 1 for each in told)


@pytest.mark.parametrize(
    "value", ["2024-02-30", "!!int soon", "\x07", "[" * 2000], ids=["day", "tag", "bell", "deep"]
)
def test_a_line_that_the_yaml_reader_stumbles_over_stops_only_its_system(folder, value):
    put(folder, "bad.yaml", id="bad")
    edit(folder, "bad.yaml", "go_live: '2024-01-01'", f"go_live: {value}")
    portfolio = read_portfolio(folder)
    assert [system.id for system in portfolio.systems] == ["good"]
    assert portfolio.problems and "bad.yaml" in portfolio.problems[0]


def test_a_file_that_ends_in_yml_is_a_system_too(folder):
    put(folder, "other.yml", id="other")
    assert [system.id for system in load_portfolio(folder).systems] == ["good", "other"]


def test_one_wrong_file_stops_its_own_system_and_no_other(folder):
    put(folder, "bad.yaml", id="../bad")
    (folder / "systems" / "broken.yaml").write_text("id: [unclosed\n")
    (folder / "systems" / "latin.yaml").write_bytes(b"name: Gr\xfcn\n")
    (folder / "systems" / "list.yaml").write_text("- a\n- b\n")
    (folder / "systems" / "empty.yaml").write_text("")
    portfolio = read_portfolio(folder)
    assert [system.id for system in portfolio.systems] == ["good"]
    named = [Path(problem.split(":")[0]).name for problem in portfolio.problems]
    assert named == ["bad.yaml", "broken.yaml", "empty.yaml", "latin.yaml", "list.yaml"]


def test_all_mistakes_are_told_at_once(folder):
    put(folder, "bad.yaml", id="../bad", name="", subgroups=["Sex"])
    with pytest.raises(PortfolioError) as caught:
        load_portfolio(folder)
    assert len(str(caught.value).splitlines()) == 3


def test_two_systems_with_one_id_are_told_apart_by_their_files(folder):
    put(folder, "more.yaml", id="good")
    with pytest.raises(PortfolioError, match=r"more.yaml:1: id: 'good' is already used by good"):
        load_portfolio(folder)


def test_a_key_given_twice_is_refused(folder):
    put(folder, "bad.yaml", id="bad")
    edit(folder, "bad.yaml", "name: Risk\n", "name: Risk\nname: Other\n")
    with pytest.raises(PortfolioError, match=r"bad.yaml:\d+: not valid YAML: .*duplicate"):
        load_portfolio(folder)


def test_yaml_that_would_run_code_is_refused_as_data(folder):
    put(folder, "bad.yaml", id="bad")
    edit(folder, "bad.yaml", "name: Risk\n", 'name: !!python/object/apply:os.getcwd ["x"]\n')
    problems = read_portfolio(folder).problems
    assert len(problems) == 1
    assert "bad.yaml" in problems[0]


def test_a_missing_or_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(PortfolioError, match=r"no hospital.yaml here; set AIOPS_PORTFOLIO"):
        load_hospital(tmp_path / "nowhere")
    (tmp_path / "hospital.yaml").write_text(HOSPITAL)
    with pytest.raises(PortfolioError, match=r"systems: holds no system; add one YAML a system"):
        load_portfolio(tmp_path)


def test_an_unknown_system_or_time_zone_is_named(folder):
    with pytest.raises(PortfolioError, match=r"no system 'none' in the portfolio; known: good"):
        load_portfolio(folder).system("none")
    (folder / "hospital.yaml").write_text(HOSPITAL.replace("America/Chicago", "Mars/Olympus"))
    with pytest.raises(PortfolioError, match=r"hospital.yaml:2: time_zone: unknown time zone"):
        load_portfolio(folder)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ({"path": "risk/all.csv"}, "either {day} in its `path` or a `days` rule"),
        ({"path": "a/{day}.csv", "days": {"from": "2025-01-01", "rows_per_day": 5}}, "not both"),
        ({"path": "a.csv", "days": {"from": "2025-01-01", "rows_per_day": 0}}, "greater than 0"),
        ({"path": "*.csv", "days": {"from": "2025-01-01", "rows_per_day": 5}}, "no `*`"),
        ({"path": "a/{day}.csv", "time_zone": "Mars/Olympus"}, "unknown time zone"),
        ({"path": "a/{day}.csv", "delimiter": ";;"}, "at most 1 character"),
        (
            {
                "path": "a.csv",
                "days": {"from": "2025-01-01", "rows_per_day": 5},
                "columns": {"case_id": "c", "score": "s", "predicted_at": "t"},
            },
            "with a `days` rule there are no times: drop predicted_at",
        ),
    ],
)
def test_a_feed_that_contradicts_itself_is_refused(folder, feed, words):
    tree = {"kind": "csv", "columns": {"case_id": "c", "score": "s"}, **feed}
    put(folder, "bad.yaml", id="bad", predictions=tree)
    problems = read_portfolio(folder).problems
    assert len(problems) == 1
    assert ": predictions" in problems[0]
    assert words in problems[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("holidays: QQ", "holidays: no calendar of holidays for QQ"),
        ("holidays_subdivision: XX", "no calendar of holidays for US XX"),
        ("business_hours: {from: '17:00', to: '08:00'}", "must end .* after they begin"),
    ],
)
def test_a_calendar_that_does_not_exist_is_named_by_its_line(folder, line, words):
    (folder / "hospital.yaml").write_text(HOSPITAL + line + "\n")
    with pytest.raises(PortfolioError, match=rf"hospital.yaml:5: .*{words}"):
        load_hospital(folder)


SQL = {
    "kind": "sql",
    "url_from": "RISK_DATABASE_URL",
    "table": "ai.scores",
    "watermark": "at",
    "columns": {"case_id": "case", "value": "died", "source": "source"},
}
HL7 = {"kind": "hl7v2", "path": "l/{day}", "columns": {"case_id": "OBR-3", "value": "OBX[x]-5"}}
FHIR = {"kind": "fhir", "path": "l/{day}", "resource": "Observation", "columns": {"case_id": "id"}}
SR = {"kind": "dicom-sr", "path": "l/{day}", "columns": {"case_id": "AccessionNumber"}}


@pytest.mark.parametrize(
    ("feed", "old", "new", "field", "words"),
    [
        (SQL, "RISK_DATABASE_URL", "postgresql://me:hush@h/d", "labels.url_from", "match pattern"),
        (SQL, "watermark: at", "watermark: at; DROP TABLE x", "labels.watermark", "match pattern"),
        (SQL, "table: ai.scores", "query: DELETE FROM x", "labels.query", "single SELECT"),
        (SQL, "table: ai.scores", "delimiter: ','", "labels.delimiter", "unknown key"),
        (SQL, "table: ai.scores", "timeout_seconds: 9", "labels", "either a `table`"),
        (HL7, "OBX[x]-5", "OBX/5", "labels", "not a place in a message: 'OBX/5'"),
        (HL7, "l/{day}", "l/all.hl7", "labels.path", "must have {day}"),
        (FHIR, "case_id: id", "case_id: id.where(", "labels", "not a FHIRPath expression"),
        (FHIR, "Observation", "Patient", "labels.resource", "Input should be"),
        (SR, "AccessionNumber", "max(Accession", "labels", "not a place in a structured report"),
        (SR, "path: l/{day}", "days: {from: 2025-01-01}", "labels.path", "Field required"),
        (SR, "kind: dicom-sr", "expected: weekly", "labels.kind", "Input should be"),
    ],
)
def test_a_mistake_in_a_feed_is_told_by_the_fields_of_its_kind(
    folder, feed, old, new, field, words
):
    put(folder, "bad.yaml", id="bad", labels=feed)
    edit(folder, "bad.yaml", old, new)
    with pytest.raises(PortfolioError) as caught:
        load_portfolio(folder)
    told = next(line for line in str(caught.value).splitlines() if f": {field}: " in line)
    assert words in told
    assert int(told.split("bad.yaml:")[1].split(":")[0]) > 1
    assert "hush" not in str(caught.value)
