"""What was measured on which cases: estimates side by side, counts in blocks, the chart."""

from collections.abc import Iterator, Sequence

from aiops_pipelines.contracts.ledger import LedgerRow
from aiops_pipelines.contracts.rates import weighted
from aiops_pipelines.contracts.stream import as_metric, shares_of
from aiops_pipelines.evaluation.measures import BAD_EVENTS
from aiops_pipelines.portfolio import METRICS, Area, Clause
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.charts import Event, TrendChart, trend_alt, trend_chart
from aiops_pipelines.reports.evidence.blocks import Block, sparse_rows
from aiops_pipelines.reports.evidence.finding import HIDDEN, certainty, crossed_on, finding
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.evidence.terms import measured_title, unit
from aiops_pipelines.reports.history import TrendPoint
from aiops_pipelines.reports.quarterly.layout import Picture, Section, Table, picture
from aiops_pipelines.reports.trend_view import PROPORTIONS, system_events
from aiops_pipelines.statistics import Estimate, proportion
from aiops_pipelines.verdict import Verdict

DECIMALS = 2
"""Of the period's figures in the chart, and in print where earlier days are too few to show."""

_COUNTED = {
    "unflagged_positive": "Missed",
    "flagged_positive": "Found",
    "flagged_negative": "False alarms",
    "unflagged_negative": "Cleared",
}

Row = tuple[str, str, str, str, str]


def measured_section(pack: ClauseEvidence) -> Section:
    """Return the finding with its estimates, blocks and chart."""
    tables = (estimates_table(pack), *_block_tables(pack))
    return Section(
        id="measured",
        title="What was measured",
        paragraphs=tuple(filter(None, (finding(pack), " ".join(certainty(pack))))),
        charts=tuple(_chart(pack)),
        tables=tables,
        points=tuple(_notes(pack)),
    )


def estimates_table(pack: ClauseEvidence) -> Table:
    """Return the estimates of the clause's figure, each with interval, method and n."""
    return Table(
        "The figure by several methods, each with its 95% interval",
        ("Figure", "Method", "Value", "95% interval", "n"),
        tuple(_estimates(pack)) if pack.may_be_shown else (),
        frozenset({2, 4}),
        ("32%", "32%", "11%", "17%", "8%"),
        empty=HIDDEN,
    )


def _estimates(pack: ClauseEvidence) -> Iterator[Row]:
    row, title = pack.row, measured_title(pack)
    if pack.counted is None or not isinstance(pack.clause, Clause):
        yield _row(pack, title, row.method, (row.estimate, row.low, row.high), f"{row.n:,}")
        return
    window, clause = pack.counted.window, pack.clause
    both = [
        proportion(window.events, window.trials),
        proportion(window.events, window.trials, "clopper-pearson"),
    ]
    n = f"{window.trials:,}"
    if set(shares_of(pack.system, clause).shares) != {1.0}:
        for each in both:
            values = [as_metric(clause, rate) for rate in _values(each)]
            limits = (values[0], min(values[1:]), max(values[1:]))
            yield _row(pack, f"{title}, among verified cases", each.method, limits, n)
    for each in both:
        found = weighted(pack.system, clause, each)
        yield _row(pack, title, found.method, _values(found), n)
    yield _period(pack)
    auroc = pack.exact.auroc
    if auroc is not None:
        label = "AUROC of the window's cases, exact"
        yield _row(pack, label, auroc.method, _values(auroc), f"{auroc.n:,}")


def _period(pack: ClauseEvidence) -> Row:
    row = pack.row
    values = (row.period_estimate, row.sequence_low, row.sequence_high)
    method = "confidence sequence, valid at every look"
    hidden = pack.counted is None or pack.counted.earlier_hidden
    n = "" if hidden else f"{row.trials_total or 0:,}"
    label = f"{measured_title(pack)}, whole contract period"
    return _row(pack, label, method, values, n, DECIMALS if hidden else None)


def _row(
    pack: ClauseEvidence,
    label: str,
    method: str,
    values: Sequence[float | None],
    n: str,
    decimals: int | None = None,
) -> Row:
    value, low, high = values
    if decimals is not None and None not in values:
        return label, method, *_rounded(values, decimals), n
    shown = "no estimate" if value is None else wording.number(value, unit(pack))
    return label, method, shown, wording.range_text(low, high, unit(pack)), n


def _rounded(values: Sequence[float | None], decimals: int) -> tuple[str, str]:
    value, low, high = (f"{each:.{decimals}f}" for each in values)
    return value, f"{low} to {high}"


def _values(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    return estimate.value, estimate.low, estimate.high


def _notes(pack: ClauseEvidence) -> Iterator[str]:
    if pack.counted is None:
        return
    if pack.exact.auroc is None:
        yield f"Exact AUROC with DeLong's interval: not given, because {pack.exact.why_not}."
    if not pack.may_be_shown:
        return
    yield (
        "Cases are counted without identifiers, in blocks of consecutive days that do not overlap, "
        "in the order in which their labels came. Each block has at least 11 cases of either kind, "
        "and the blocks add up to the totals given here, so that no smaller number is shown or can "
        "be worked out by subtraction. A label that came late is counted with its case's day."
    )
    if pack.counted.earlier_hidden:
        yield (
            "The days of the contract period before the window hold fewer than 11 cases of a kind: "
            "their counts, and the totals of the period, are not shown, and the period's figures "
            f"are rounded to {DECIMALS} decimals."
        )


def _block_tables(pack: ClauseEvidence) -> Iterator[Table]:
    known = pack.counted
    if known is None or not known.showable:
        return
    if known.earlier:
        yield _blocks(pack, "Before the window: verified cases by block of days", known.earlier)
    yield _blocks(pack, "In the window: verified cases by block of days", known.blocks)


def _blocks(pack: ClauseEvidence, caption: str, blocks: Sequence[Block]) -> Table:
    event, other = counted_words(pack.row.metric)
    rows = [
        (
            f"{wording.day_text(each.first)} to {wording.day_text(each.last)}",
            f"{each.cells.events:,}",
            f"{each.cells.others:,}",
            f"{each.cells.trials:,}",
        )
        for each in blocks
    ]
    sums = [sum(numbers) for numbers in zip(*(_counts(each) for each in blocks), strict=True)]
    return Table(
        caption,
        ("Days of the cases", event, other, "Both"),
        (*rows, ("All of them", *(f"{each:,}" for each in sums))),
        frozenset({1, 2, 3}),
        ("49%", "17%", "17%", "17%"),
    )


def _counts(block: Block) -> tuple[int, int, int]:
    return block.cells.events, block.cells.others, block.cells.trials


def counted_words(metric: str) -> tuple[str, str]:
    """Return what the events and the others of a rate are."""
    if metric not in BAD_EVENTS:
        return "Wrong", "Right"
    event, other = BAD_EVENTS[metric]
    return _COUNTED[event], _COUNTED[other]


def _chart(pack: ClauseEvidence) -> Iterator[Picture]:
    """Yield the chart of the period; of a rate with points so far apart that no count shows."""
    definition = METRICS.get(pack.row.metric)
    gap = definition is not None and definition.area is Area.BIAS
    if pack.clause is None or gap or not pack.may_be_shown:
        return
    rate = pack.counted is not None
    points = [
        _sequence_point(row) if rate else _nightly_point(row)
        for row in (sparse_rows(pack.rows) if rate else pack.rows)
    ]
    if not points:
        return
    title = measured_title(pack)
    crossed = crossed_on(pack)
    start = pack.rows[0].night
    label = f"confidence sequence beyond the limit, {wording.day_text(crossed)}" if crossed else ""
    events = (Event(crossed, label),) if crossed else system_events(pack.system, start, pack.night)
    chart = TrendChart(
        title=f"{title[0].upper()}{title[1:]}, {'contract period' if rate else 'night by night'}",
        axis=unit(pack) or ("proportion" if pack.row.metric in PROPORTIONS else "no unit"),
        points=points,
        start=start,
        end=pack.night,
        minimum=pack.row.minimum,
        maximum=pack.row.maximum,
        events=events,
        unit=unit(pack),
        limit_at_start=rate,
    )
    yield picture(trend_chart(chart), trend_alt(chart), _caption(rate))


def _caption(rate: bool) -> str:
    if not rate:
        return "Estimate of each night's window with its interval."
    return (
        "Estimate over the contract period so far, with the 95% confidence sequence: valid however "
        "often one looks. Points are drawn where 11 or more cases of either kind have come since "
        f"the last, and rounded to {DECIMALS} decimals. Shapes are the clause's verdict that night."
    )


def _sequence_point(row: LedgerRow) -> TrendPoint:
    values = (row.period_estimate, row.sequence_low, row.sequence_high)
    estimate, low, high = (None if each is None else round(each, DECIMALS) for each in values)
    return TrendPoint(row.night, estimate, low, high, row.n, row.verdict, False, None)


def _nightly_point(row: LedgerRow) -> TrendPoint:
    known = row.verdict is not Verdict.INSUFFICIENT_DATA
    estimate, low, high = (row.estimate, row.low, row.high) if known else (None, None, None)
    return TrendPoint(row.night, estimate, low, high, row.n, row.verdict, False, None)
