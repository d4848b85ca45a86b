"""A reader who has every output of a night, a solver, and the counts of all cases."""

import html
import io
import json
import re
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from night_hospital import EXAMPLE, REFERENCE_DAYS, Night, limit, rule_like, system_like
from pypdf import PdfReader
from rich.console import Console
from scipy.optimize import Bounds, LinearConstraint, milp

from aiops_pipelines.assets.metadata import figures_table
from aiops_pipelines.cli.status import as_record, status_table
from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.evaluation import evaluate_contract
from aiops_pipelines.evaluation.disclosure import told_counts, withheld_counts
from aiops_pipelines.evaluation.status import portfolio_status
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.portfolio import Area, Clause, read_portfolio
from aiops_pipelines.reports import dashboard_pages, finished_morning, finished_quarter
from aiops_pipelines.reports.evidence.gather import gather
from aiops_pipelines.reports.evidence.report import pack_html
from aiops_pipelines.reports.pdf import to_pdf
from aiops_pipelines.reports.quarterly.gather import Quarter
from aiops_pipelines.reports.quarterly.report import quarterly_html
from aiops_pipelines.reports.wording import stratum_text

LAST = REFERENCE_DAYS + 16
MEASURES = {
    "cases": ("tp", "fp", "fn", "tn"), "all flagged": ("tp", "fp"), "all unflagged": ("fn", "tn"),
    "positives": ("tp", "fn"), "negatives": ("fp", "tn"),
    "tp": ("tp",), "fp": ("fp",), "fn": ("fn",), "tn": ("tn",),
}  # fmt: skip
STATES = ("tp", "fp", "fn", "tn")
GAPS = ("sensitivity_gap", "specificity_gap", "flag_rate_gap")


def gap(metric, **fields):
    rules = {"subgroup": "*", "maximum": 0.05, "window_days": 14, "minimum_n": 11}
    return limit(metric, operating_point="bundle", **rules | fields)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    base = system_like(
        "falls-risk", limits=tuple(gap(each) for each in GAPS), subgroups=("sex", "site")
    )
    example = read_portfolio(EXAMPLE).system("lung-nodule-ct")
    clause = Clause.model_validate(
        {
            "id": "fair-to-all-sexes", "text": "No sex is missed more often.",
            "metric": "sensitivity_gap", "operating_point": "bundle", "subgroup": "sex",
            "maximum": 0.05, "window_days": 14, "minimum_n": 11,
            "remedy": {"cure_days": 30},
        }
    )  # fmt: skip
    contract = example.contract.model_copy(update={"clauses": (clause,), "claims": ()})
    rule = rule_like(base, mature_after_days=2)
    system = base.model_copy(update={"truth": rule, "contract": contract})
    night = Night(tmp_path_factory.mktemp("night"), system, cases=60)

    def with_few(frame):
        rng = np.random.default_rng(len(frame))
        frame["sex"] = rng.choice(["a", "b", "rare"], len(frame), p=[0.55, 0.43, 0.02])
        return frame

    night.fill(0, LAST, frame=with_few, noise=1.5, prevalence=-1.0)
    for area in (Area.PERFORMANCE, Area.CALIBRATION, Area.BIAS):
        night.evaluate(area, LAST)
    calendar = BusinessCalendar("America/Chicago", "US")
    evaluate_contract(night.lake, calendar, system, night.day(LAST), night.day(LAST))
    return night


@pytest.fixture(scope="module")
def outputs(night):
    """Return every line that leaves the team, however it leaves.

    Pages and the index, the quarterly report as HTML and as the PDF that is sent, the clause's
    evidence pack, the command as table and as JSON, check results, and what e-mails say.
    """
    book = read_portfolio(EXAMPLE).model_copy(update={"systems": (night.system,), "problems": ()})
    day = night.day(LAST)
    quarter = Quarter(date(2026, 1, 1), date(2026, 3, 31), day)
    pages = [*dashboard_pages(book, night.lake, [], day).values()]
    report = quarterly_html(book, night.lake, [], quarter)
    pack = gather(book, night.lake, night.system.id, "fair-to-all-sexes", day)
    pages += [report, pack_html(pack)]
    lines = [line for page in pages for line in text_lines(page)]
    for page in PdfReader(io.BytesIO(to_pdf(report))).pages:
        lines += page.extract_text().splitlines()
    statuses = portfolio_status(book, night.lake, day)
    lines += json.dumps([as_record(each, []) for each in statuses], indent=1).splitlines()
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(status_table(statuses, [], day))
    lines += console.export_text().splitlines()
    for mail in (
        finished_quarter(book, night.lake, Path(), quarter.start, day),
        finished_morning(book, night.lake, Path(), day),
    ):
        lines += [
            *mail.body.splitlines(),
            *(f"{name}: {said}" for name, said in mail.facts.items()),
        ]
    for status in statuses:
        for area in status.areas.values():
            lines += [str(row.data) for row in figures_table(area.figures).records]
    return lines


def text_lines(page):
    """Return what stands in each row, item, paragraph and label."""
    pieces = re.split(r"<(?:tr|li|p|text|dd|figcaption|svg)\b[^>]*?(?=[ >])", page)
    labels = [
        each for label in re.findall(r'aria-label="([^"]*)"', page) for each in label.split(";")
    ]
    return [html.unescape(re.sub(r"<[^>]*>", " ", piece)) for piece in [*pieces, *labels]]


def subgroup_figures(night):
    found = [f for area in (Area.BIAS, Area.SLA) for f in night.status(area, LAST).figures]
    return [figure for figure in found if figure.stratum != "all"]


def told(figure, lines):
    """Return whether any line gives the figure's n or value away."""
    names = (figure.stratum, stratum_text(figure.stratum))
    value = f"{abs(figure.estimate or 0):.3f}"
    for line in lines:
        if not any(re.search(rf"\b{re.escape(name)}\b", line) for name in names):
            continue
        numbers = re.findall(r"\d[\d,]*\.?\d*", line)
        if value in numbers or f"{figure.n:,}" in numbers:
            return True
    return False


def truth(night):
    """Return the true counts of the window by subgroup value and state."""
    known = history(night.lake, night.system, night.day(LAST), night.day(LAST))
    window = known.mature(14)
    threshold = night.system.output.operating_points[0].threshold
    counts = {}
    for day in window.days:
        frame = night.lake.read("scored_cases", night.system.id, day).to_pandas()
        flagged, positive = frame["score"] >= threshold, frame["label"] == 1
        states = {"tp": flagged & positive, "fp": flagged & ~positive,
                  "fn": ~flagged & positive, "tn": ~flagged & ~positive}  # fmt: skip
        for name in ("sex", "site"):
            for value, state in product(frame[name].unique(), STATES):
                key = (f"{name}={value}", state)
                counts[key] = counts.get(key, 0) + int(
                    (states[state] & (frame[name] == value)).sum()
                )
    return counts, window


def room(counts, shown, strata, target):
    """Return by how much a count may differ for one who knows all cases and what is shown."""
    place = {atom: column for column, atom in enumerate(product(strata, STATES))}

    def row(wanted, measure):
        found = np.zeros(len(place))
        found[[place[s, state] for s in wanted for state in MEASURES[measure]]] = 1
        return found

    def count(wanted, measure):
        return sum(counts[s, state] for s in wanted for state in MEASURES[measure])

    facts = [(strata, measure) for measure in MEASURES]
    facts += [([stratum], measure) for stratum, measure in shown if stratum in strata]
    matrix = np.array([row(*fact) for fact in facts])
    values = [count(*fact) for fact in facts]
    goal = row([target[0]], target[1])
    ends = [
        milp(
            sign * goal,
            constraints=LinearConstraint(matrix, values, values),
            bounds=Bounds(0, np.inf),
            integrality=np.ones(len(place)),
        ).fun
        for sign in (1, -1)
    ]
    return -ends[1] - ends[0]


def small_counts(counts):
    strata = sorted({stratum for stratum, _ in counts})
    wanted = sorted({measure for metric in GAPS for measure in told_counts(metric)})
    return [
        (stratum, measure)
        for stratum, measure in product(strata, wanted)
        if 0 < sum(counts[stratum, state] for state in MEASURES[measure]) < 11
    ]


def test_no_small_count_can_be_worked_out_from_all_outputs_together(night, outputs):
    counts, _ = truth(night)
    figures = subgroup_figures(night)
    shown = {
        (figure.stratum, measure)
        for figure in figures
        if told(figure, outputs)
        for measure in told_counts(figure.metric)
    }
    assert shown, "nothing is shown: the attack would prove nothing"
    small = small_counts(counts)
    assert ("sex=rare", "fn") in small
    for stratum, measure in small:
        strata = sorted({s for s, _ in counts if s.split("=")[0] == stratum.split("=")[0]})
        assert room(counts, shown, strata, (stratum, measure)) >= 5, (stratum, measure)


def test_every_kind_of_output_names_a_subgroup_that_may_be_shown(night, outputs):
    """Otherwise the attack would look for numbers where none are."""
    best = max(
        (each for each in subgroup_figures(night) if each.may_be_shown),
        key=lambda each: each.verdict.gravity,
    )
    assert told(best, outputs)
    assert sum(stratum_text(best.stratum) in line for line in outputs) > 3


def test_the_same_attack_succeeds_where_only_small_counts_are_hidden(night):
    counts, _ = truth(night)
    strata = sorted({stratum for stratum, _ in counts if stratum.startswith("sex=")})
    shown = [
        (stratum, measure)
        for stratum in strata
        for measure in ("positives", "tp", "fn", "negatives")
        if stratum != "sex=rare"
    ]
    assert room(counts, shown, strata, ("sex=rare", "fn")) == 0


def test_the_clause_and_the_limit_on_the_same_gap_withhold_the_same(night):
    by_area = {
        area: {f.stratum: f.suppressed for f in night.status(area, LAST).figures
               if f.metric == "sensitivity_gap" and f.stratum.startswith("sex")}
        for area in (Area.BIAS, Area.SLA)
    }  # fmt: skip
    assert by_area[Area.BIAS] == by_area[Area.SLA]
    assert by_area[Area.BIAS]["sex=rare"]


def test_a_withheld_figure_says_so_without_a_number(night):
    hidden = [figure for figure in subgroup_figures(night) if figure.suppressed]
    assert hidden
    for figure in hidden:
        assert not figure.may_be_shown
        assert not re.search(r"\d", figure.reason.replace("11", "")), figure.reason


def test_values_of_large_counts_are_shown(night):
    _, window = truth(night)
    assert not {cell for cell in withheld_counts(window, "site") if cell[1] == "cases"}
