from dataclasses import replace
from datetime import date, timedelta

import pytest
from report_hospital import DAY, make, system_record

from aiops_pipelines.portfolio import Area, Feature
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.outlook import outlook
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.reading import reading
from aiops_pipelines.reports.view import figure_view
from aiops_pipelines.verdict import Verdict

COMMON = {"system": "falls-risk", "version": "1", "day": DAY, "as_of": DAY}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.8765, "", "0.876"),
        (-0.0004, "", "0.000"),
        (-0.05, "", "−0.050"),
        (1.9, "days", "1.90 days"),
        (12.345, "", "12.35"),
        (312.0, "", "312"),
        (1234.5, "", "1,234"),
    ],
)
def test_numbers_have_the_decimals_a_reader_can_use(value, unit, text):
    assert wording.number(value, unit) == text


def test_a_limit_is_written_as_the_contract_has_it():
    assert wording.limit_text(0.8, None) == "at least 0.8"
    assert wording.limit_text(None, 0.0125) == "at most 0.0125"
    assert wording.limit_text(-0.1, 0.1, "days") == "−0.1 to 0.1 days"
    assert wording.limit_text(None, None) == ""


def test_marks_that_turn_the_reading_direction_are_replaced():
    assert wording.clean("ok\u202ehcaerb\u2066\u200b\x00") == "ok□hcaerb□□□"
    assert wording.clean("Größe 5 µm, Ω") == "Größe 5 µm, Ω"


@pytest.mark.parametrize(
    ("metric", "n", "withheld"),
    [
        ("change_notice_days", 1, False), ("support_response", 3, False),
        ("availability", 10, False), ("turnaround", 10, True), ("refused_files", 10, True),
        ("sensitivity", 1, True), ("sensitivity", 10, True), ("sensitivity", 11, False),
    ],
)  # fmt: skip
def test_a_number_of_versions_minutes_or_tickets_is_no_small_number_of_cases(metric, n, withheld):
    figure = make(COMMON, Area.SLA, metric, n=n, estimate=40.0, low=30.0, high=50.0)
    view = figure_view(figure, system_record("falls-risk"))
    assert view.value == "suppressed" if withheld else view.value.startswith("40")
    assert view.count == ("not shown" if withheld else str(n))
    assert f"n = {n}" not in view.n if withheld else view.n == f"n = {n}"


def test_a_list_reads_like_a_sentence():
    assert wording.listed([]) == ""
    assert wording.listed(["a", "b", "c"]) == "a, b and c"


def test_evidence_is_an_e_value():
    assert wording.evidence_text(None) == ""
    assert wording.evidence_text(3.0) == "e-value 20.09"
    assert wording.evidence_text(800.0) == "e-value over 10,000"


def test_a_sensitivity_reads_as_a_natural_frequency():
    figure = make(
        COMMON, Area.PERFORMANCE, "sensitivity", operating_point="alert", estimate=0.86,
        low=0.82, high=0.9,
    )  # fmt: skip
    assert reading(figure, system_record("falls-risk")) == (
        "Of 100 cases with the condition (the finding), it finds 86 (95% interval 82 to 90) "
        "of them."
    )


def test_too_few_cases_are_never_read_as_a_result():
    figure = make(
        COMMON, Area.PERFORMANCE, "sensitivity", estimate=1.0, low=0.6, high=1.0, n=14,
        verdict=Verdict.INSUFFICIENT_DATA, reason="14 of 50 cases",
    )  # fmt: skip
    text = reading(figure, system_record("falls-risk"))
    assert "too few cases to judge (14 of 50 cases)" in text
    assert "100" not in text


def test_a_gap_says_who_is_worse_and_in_what():
    figure = make(
        COMMON, Area.BIAS, "sensitivity_gap", operating_point="alert", stratum="age_band=65+",
        estimate=-0.12, low=-0.2, high=-0.04,
    )  # fmt: skip
    assert reading(figure, system_record("falls-risk")) == (
        "For age band 65+, sensitivity at alert is 0.120 below that of all others "
        "(gap 95% interval −0.200 to −0.040)."
    )


def test_an_estimate_says_that_it_is_one():
    figure = make(
        COMMON, Area.PERFORMANCE, "auroc", estimand="estimated", estimate=0.8, low=0.7, high=0.9
    )
    assert "it cannot see a change" in reading(figure, system_record("falls-risk"))


def test_windows_are_told_with_their_days():
    figure = make(COMMON, Area.PERFORMANCE, "auroc", window=28)
    dated = replace(figure, window_from=date(2026, 3, 1), window_to=date(2026, 3, 28))
    assert wording.window_text(figure) == "28 days"
    assert wording.window_text(dated) == "28 days: 1 Mar to 28 Mar"


def short(n_mature, days, **fields):
    first = DAY - timedelta(days=days - 1)
    return make(
        COMMON, Area.PERFORMANCE, "sensitivity", operating_point="alert", n=n_mature,
        n_mature=n_mature, n_pending=400, window_from=first, window_to=DAY,
        verdict=Verdict.INSUFFICIENT_DATA, **fields,
    )  # fmt: skip


def test_too_little_data_says_how_long_until_it_is_enough():
    system = system_record("falls-risk")
    assert outlook(short(20, 10), system) == "enough in about 15 days at this pace"
    assert outlook(short(20, 28), system).startswith("its window of 28 days is full")
    assert outlook(short(12, 20), system) == (
        "at this pace its window will be full before it holds enough"
    )
    assert outlook(short(0, 1), system) == "labels mature after 14 days; then it can be judged"
    assert outlook(replace(short(20, 10), verdict=Verdict.OK), system) == ""
    assert outlook(replace(short(20, 10), window_from=None), system) == ""


def test_sentences_of_the_lake_are_set_as_the_rest_of_a_page():
    system = system_record("falls-risk")
    lactate = Feature(name="lactate_mmol_l", kind="numeric", unit="mmol/L")
    system = system.model_copy(update={"features": [lactate]})
    assert prose("PSI of lactate_mmol_l -0.48 (-0.5 to -0.4), n=4,987", system) == (
        "PSI of lactate (mmol/L) −0.48 (−0.5 to −0.4), n = 4,987"
    )
    assert prose("race=Pacific Islander since 2026-08-09: v-2 of 2026-13-40") == (
        "race Pacific Islander since 9 August 2026: v-2 of 2026-13-40"
    )


def test_a_share_that_is_not_whole_is_never_rounded_to_whole():
    assert wording.number(0.999709) == "0.9997"
    assert wording.number(0.99999999) == "1.000000"
    assert wording.number(1.0) == "1.000"
