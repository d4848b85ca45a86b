"""Sections on what is owed and unknown: clauses and credits, alarms, blind spots."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.contracts.remedies import credit_of
from aiops_pipelines.portfolio import Area, Clause
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.contract_view import ClauseView, clause_views
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter, attainment
from aiops_pipelines.reports.quarterly.inventory import has_mature_labels
from aiops_pipelines.reports.quarterly.layout import Cell, Section, Table
from aiops_pipelines.verdict import Verdict

AVERAGE_RUN_DAYS = 3652.5
"""Mean days to a false alarm of one stream exactly at its limit (methods.md, section 4)."""


def contracts_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return every clause with its attainment over the quarter and the credit it may bring."""
    rows: list[tuple[Cell, ...]] = []
    points = []
    for each in systems:
        contract = each.system.contract
        if contract is None:
            continue
        views = clause_views(each.system, each.areas[Area.SLA].figures)
        for clause, view in zip(contract.clauses, views, strict=True):
            worst = worst_estimate(each.tables[Area.SLA], clause)
            credit = credit_of(contract, clause, worst)
            breached = was_breached(each, clause.id)
            amount = (
                f"{credit.amount:,.0f} {credit.currency}" if breached and credit.amount else "none"
            )
            rows.append(_clause_row(each, clause, view, amount))
            if breached:
                points.append(
                    f"{each.system.name}, {clause.id}: “{clause.text}” At the quarter's end: "
                    f"{view.reason}. Credit for one period: {credit.working}."
                )
    return Section(
        id="contracts",
        title="Contracts: service levels and credits",
        paragraphs=(
            "Attainment counts the nights on which the clause was judged and not in breach. Too "
            "little data is not attainment: such nights are left out of both numbers. A credit is "
            "shown where the clause was in breach on any night of the quarter.",
        ),
        tables=(
            Table(
                f"Every clause, {quarter.name}",
                ("System", "Clause", "Value", "Limit", "Nights kept", "Credit", "Verdict"),
                tuple(rows),
                frozenset({2, 4, 5}),
                ("26%", "13%", "10%", "12%", "12%", "13%", "14%"),
                empty="No contract has a measurable clause.",
            ),
        ),
        points=tuple(points),
    )


def _clause_row(
    each: SystemQuarter, clause: Clause, view: ClauseView, credit: str
) -> tuple[Cell, ...]:
    kept, judged = attainment(each.tables[Area.SLA], clause.id)
    return (
        each.system.name,
        clause.id,
        view.figure.value if view.figure else "no figure",
        view.figure.limit if view.figure else "",
        f"{kept} of {judged}" if judged else "none judged",
        credit,
        view.look,
    )


def worst_estimate(table: pa.Table, clause: Clause) -> float | None:
    """Return the clause's worst figure on a night in breach; a credit may depend on how far."""
    rows = table.filter(
        pc.and_(
            pc.equal(table["clause"], clause.id), pc.equal(table["verdict"], Verdict.BREACH.value)
        )
    )
    values = [value for value in rows["estimate"].to_pylist() if value is not None]
    choose = min if clause.minimum is not None else max
    return choose(values, default=None)


def was_breached(each: SystemQuarter, clause: str) -> bool:
    """Return whether the clause was in breach on any night of the quarter."""
    kept, judged = attainment(each.tables[Area.SLA], clause)
    return kept < judged


def alarms_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return alarms raised beside the false alarms to expect if every system were at its limit."""
    rows: list[tuple[Cell, ...]] = []
    streams = alarms = 0
    expected = 0.0
    for each in systems:
        own_streams, own_alarms = sequential_alarms(each)
        streams, alarms = streams + own_streams, alarms + own_alarms
        bound = own_streams * quarter.nights / AVERAGE_RUN_DAYS
        expected += bound
        rows.append((each.system.name, str(own_streams), str(own_alarms), f"{bound:.2f}"))
    rows.append(("All systems", str(streams), str(alarms), f"{expected:.2f}"))
    return Section(
        id="alarms",
        title="Alarms against expected false alarms",
        paragraphs=(
            "A stream is one figure under sequential watch. If every stream stood exactly at its "
            f"limit, about {expected:.1f} false alarms would be expected in the quarter's "
            f"{quarter.nights} days; streams better than their limit raise fewer. Alarms well "
            "above that number are not chance. An alarm that stood already on the first evaluated "
            "night counts here.",
        ),
        tables=(
            Table(
                f"Streams under sequential watch, {quarter.name}",
                ("System", "Streams", "Alarms", "False alarms to expect, at most"),
                tuple(rows),
                frozenset({1, 2, 3}),
                ("40%", "15%", "15%", "30%"),
            ),
        ),
    )


def sequential_alarms(each: SystemQuarter) -> tuple[int, int]:
    """Return the number of streams with sequential evidence, and of their alarms.

    An alarm is a night in breach after one that was not, or the first night of all.
    """
    names = ["metric", "operating_point", "feature", "clause", "stratum", "estimand"]
    streams: dict[tuple[str | None, ...], bool] = {}
    alarms = 0
    for table in each.tables.values():
        sequential = table.filter(table["log_e_value"].is_valid()).sort_by("day")
        for row in sequential.select([*names, "day", "verdict"]).to_pylist():
            key = tuple(row[name] for name in names)
            breach = row["verdict"] == Verdict.BREACH
            alarms += breach and not streams.get(key, False)
            streams[key] = breach
    return len(streams), alarms


def limits_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return what this report cannot tell, system by system where it matters."""
    points = []
    unseen = [each.system.name for each in systems if each.nights == 0]
    if unseen:
        points.append(f"Nothing at all about {wording.listed(unseen)}: no night was evaluated.")
    partly = [each for each in systems if 0 < each.nights < quarter.nights]
    if partly:
        fewest = min(each.nights for each in partly)
        most = max(each.nights for each in partly)
        span = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        points.append(
            f"What happened on nights that were not evaluated: of {quarter.nights} nights, {span} "
            f"were evaluated for {wording.plural(len(partly), 'system')} (see Coverage)."
        )
    blind = [each.system.name for each in systems if each.nights and not has_mature_labels(each)]
    if blind:
        points.append(
            f"How well {wording.listed(blind)} performed: too few mature labels, or none measured."
        )
    partial = [each.system.name for each in systems if each.system.truth.scheme == "partial"]
    if partial:
        points.append(
            f"How many cases {wording.listed(partial)} missed, except through the audited sample "
            "of unflagged cases; its intervals are wide for that reason."
        )
    points += [
        "Whether outcomes for patients improved or worsened: outputs are compared with labels, "
        "not with what clinicians did because of them.",
        "Estimated figures cannot see a change in how the output relates to the truth.",
        "Labels that are wrong at their source look like errors of the system.",
        "Subgroups that the feeds do not name, and subgroups of fewer than 11 cases.",
        "How a figure compares with another hospital's: populations differ.",
    ]
    return Section(
        id="limits",
        title="What we cannot tell",
        paragraphs=("An honest report says what it does not know.",),
        points=tuple(points),
    )
