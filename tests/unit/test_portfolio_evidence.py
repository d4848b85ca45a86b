"""Across a portfolio an alarm stands only where its evidence outweighs how many were looked at."""

import math
from datetime import date

import pytest
from night_hospital import system_like

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.portfolio_evidence import portfolio_evidence
from aiops_pipelines.evaluation.status import AreaStatus, SystemStatus
from aiops_pipelines.portfolio import Area
from aiops_pipelines.verdict import Verdict

DAY = date(2026, 9, 30)


def figure(e_value: float | None, **fields: object) -> Figure:
    base = {
        "system": "falls-risk", "version": "1", "area": Area.PERFORMANCE, "asset": "performance",
        "metric": "auroc", "day": DAY, "as_of": DAY, "window": 28, "n": 500, "method": "DeLong",
        "minimum": 0.7, "verdict": Verdict.BREACH, "reason": "below its limit",
        "log_e_value": None if e_value is None else math.log(e_value),
    }  # fmt: skip
    return Figure(**(base | fields))  # type: ignore[arg-type]


def status(*figures: Figure) -> SystemStatus:
    area = AreaStatus(Area.PERFORMANCE, Verdict.BREACH, "", figures)
    return SystemStatus(system_like("falls-risk"), DAY, {Area.PERFORMANCE: area})


def test_an_alarm_among_many_streams_needs_more_evidence() -> None:
    one, quiet = figure(100.0), figure(0.5, verdict=Verdict.OK, stratum="x")
    assert portfolio_evidence([status(one)]).stands(one)
    crowd = portfolio_evidence([status(one, *[quiet] * 9)])
    assert not crowd.stands(one) and [each.figure for each in crowd.alone] == [one]
    assert crowd.log_needed == pytest.approx(math.log(10 / 0.05))


def test_strong_evidence_stands_and_lets_weaker_stand_beside_it() -> None:
    strong, weaker = figure(1e6), figure(250.0, metric="brier")
    quiet = figure(0.1, verdict=Verdict.OK, metric="ppv")
    found = portfolio_evidence([status(strong, weaker), status(*[quiet] * 18)])
    assert [each.figure for each in found.standing] == [strong, weaker]
    assert "2 of 20 streams" in found.sentence


def test_a_limit_with_two_sides_counts_half_its_greater_e_value() -> None:
    two_sided = figure(30.0, maximum=0.99)
    assert not portfolio_evidence([status(two_sided)]).stands(two_sided)
    assert portfolio_evidence([status(figure(30.0))]).standing


def test_figures_without_a_sequence_of_evidence_are_no_streams() -> None:
    found = portfolio_evidence([status(figure(None))])
    assert found.streams == () and found.log_needed is None and "no stream" in found.sentence


def test_evidence_beyond_the_largest_float_still_stands() -> None:
    huge = figure(1.0, log_e_value=5000.0)
    assert portfolio_evidence([status(huge)]).stands(huge)
