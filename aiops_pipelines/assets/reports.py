"""What people read: the morning dashboard a day, the report a quarter, evidence a clause."""

from datetime import date, timedelta

import dagster as dg

from aiops_pipelines.assets.evaluation import bias, calibration, drift, performance, sla_evaluation
from aiops_pipelines.assets.ingest import OWNERS
from aiops_pipelines.assets.night import night
from aiops_pipelines.contracts.desk_events import CONTRACT_CHECK
from aiops_pipelines.delivery import FinishedReport
from aiops_pipelines.evaluation.portfolio_evidence import portfolio_evidence
from aiops_pipelines.evaluation.status import portfolio_status
from aiops_pipelines.partitions import DAYS, QUARTERS, SYSTEM_DAYS
from aiops_pipelines.portfolio import Portfolio
from aiops_pipelines.resources import (
    DELIVER_TAG,
    Clock,
    DeliveryResource,
    IncidentDeskResource,
    LakeResource,
    PortfolioResource,
    ReportsResource,
)
from aiops_pipelines.verdict import Verdict

_AREAS = [performance, calibration, drift, bias, sla_evaluation]
_BY_DAY = dg.MultiToSingleDimensionPartitionMapping(partition_dimension_name="day")


@dg.asset(
    partitions_def=DAYS,
    deps=[dg.AssetDep(asset, partition_mapping=_BY_DAY) for asset in _AREAS],
    group_name="reports",
    owners=OWNERS,
    kinds={"html"},
)
def morning_dashboard(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    incident_desk: IncidentDeskResource,
    reports: ReportsResource,
    delivery: DeliveryResource,
    clock: Clock,
) -> dg.MaterializeResult[None]:
    """One page that says which systems need somebody today, and why; a page a system behind it."""
    # Imported late, as below: matplotlib would slow down the loading of the code location.
    from aiops_pipelines.reports import Links, dashboard_pages, finished_morning, written_days

    day = date.fromisoformat(context.partition_key)
    book, store = portfolio.read(), lake.open()
    desk, links = incident_desk.open(), Links(reports.dagster_url, reports.incidents_url)
    written = written_days(reports.path(""))
    incidents = desk.list(timelines_of=CONTRACT_CHECK)
    pages = dashboard_pages(book, store, incidents, day, links, desk.restrictions(), written)
    for name, page in pages.items():
        reports.write(name, page.encode())
    statuses = portfolio_status(book, store, day)
    verdicts = {
        verdict: sum(s.verdict is verdict for s in statuses)
        for verdict in Verdict
        if verdict is not Verdict.NOT_JUDGED
    }
    finished = finished_morning(book, store, reports.path(""), day)
    return dg.MaterializeResult(
        metadata={
            "issued": _issued(context, delivery, clock, book, finished),
            "evidence": portfolio_evidence(statuses).sentence,
            "page": dg.MetadataValue.path(reports.path(f"dashboard/{day}/index.html")),
            **{f"systems {verdict.value}": count for verdict, count in verdicts.items()},
        }
    )


@dg.asset(
    partitions_def=QUARTERS,
    deps=[dg.AssetDep(asset, partition_mapping=_BY_DAY) for asset in _AREAS],
    group_name="reports",
    owners=OWNERS,
    kinds={"pdf"},
)
def quarterly_report(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    incident_desk: IncidentDeskResource,
    reports: ReportsResource,
    delivery: DeliveryResource,
    clock: Clock,
) -> dg.MaterializeResult[None]:
    """The quarter's portfolio report for executives: decisions, performance, bias, contracts."""
    from aiops_pipelines.reports import finished_quarter, quarterly_file, render_quarterly

    start = date.fromisoformat(context.partition_key)
    after = (start.replace(day=1) + timedelta(days=95)).replace(day=1)
    book, store = portfolio.read(), lake.open()
    end = after - timedelta(days=1)
    as_of = min(end, clock.as_of(context.run.tags, book.hospital))
    finished = finished_quarter(book, store, reports.path(""), start, as_of)
    last = delivery.open().last(finished.report, finished.period)
    incidents = incident_desk.open().list(timelines_of=CONTRACT_CHECK)
    note = last.reissue if last else None
    pdf = render_quarterly(book, store, incidents, start, end, as_of, note)
    path = reports.write(quarterly_file(start), pdf)
    return dg.MaterializeResult(
        metadata={
            "issued": _issued(context, delivery, clock, book, finished),
            "file": dg.MetadataValue.path(path),
            "bytes": len(pdf),
            "known until": str(as_of),
        }
    )


@dg.asset(
    partitions_def=SYSTEM_DAYS,
    deps=[sla_evaluation],
    group_name="reports",
    owners=OWNERS,
    kinds={"pdf"},
)
def evidence_pack(
    context: dg.AssetExecutionContext,
    portfolio: PortfolioResource,
    lake: LakeResource,
    incident_desk: IncidentDeskResource,
    reports: ReportsResource,
    delivery: DeliveryResource,
    clock: Clock,
) -> dg.MaterializeResult[None]:
    """The proof for the vendor: a PDF a clause that was in breach or warning on the night."""
    from aiops_pipelines.reports import (
        evidence_file,
        finished_evidence,
        off_clauses,
        render_pack,
        too_near,
    )

    this = night(context.partition_keys, context.run.tags, portfolio, clock)
    book, store = portfolio.read(), lake.open()
    incidents = incident_desk.open().list(timelines_of=CONTRACT_CHECK)
    made = {}
    for day in this.days:
        for clause in off_clauses(store, this.system, day):
            pdf = render_pack(book, store, this.system.id, clause, day, incidents)
            path = reports.write(evidence_file(this.system.id, clause, day), pdf)
            finished = finished_evidence(book, store, reports.path(""), this.system.id, clause, day)
            sent = delivery.open().periods(finished.report)
            near = too_near(store, this.system, clause, day, sent)
            issued = (
                f"not sent: too near the pack of {near[-1]}"
                if near
                else _issued(context, delivery, clock, book, finished)
            )
            made[f"{clause}, {day}: {issued}"] = dg.MetadataValue.path(path)
    return dg.MaterializeResult(metadata={"packs": len(made), **made})


def _issued(
    context: dg.AssetExecutionContext,
    delivery: DeliveryResource,
    clock: Clock,
    book: Portfolio,
    finished: FinishedReport,
) -> str:
    """Issue the report where the run is told to; say which version is out."""
    issues = delivery.open()
    if DELIVER_TAG in context.run.tags:
        issues.issue(finished, book.hospital.reports, clock.now(book.hospital.zone))
    last = issues.last(finished.report, finished.period)
    return "not issued" if last is None else f"version {last.version} on {last.issued_at:%Y-%m-%d}"
