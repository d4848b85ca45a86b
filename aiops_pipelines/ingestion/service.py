"""Lands service events: a day's file becomes a table, what breaks a rule goes to quarantine."""

from datetime import date, timedelta

from aiops_pipelines.feeds.service_events import FEED, read_service_events
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.quarantine import replace_quarantine
from aiops_pipelines.portfolio import System

TABLE = "service_events"


def ingest_service_events(intake: Intake, system: System, day: date) -> None:
    """Land the events of `day` and of earlier days of the contract's windows that are missing.

    A day without a file gets no table: what happened on it is not known. FeedError as reading does.
    """
    contract = system.contract
    if system.service is None or contract is None or not contract.service_clauses:
        return
    reach = max(clause.window_days for clause in contract.service_clauses)
    for offset in range(reach):
        landed = day - timedelta(days=offset)
        if offset and intake.lake.find(TABLE, system.id, landed) is not None:
            continue
        batch = read_service_events(system, landed, intake.feeds)
        if batch.files:
            intake.lake.write(TABLE, system.id, landed, batch.table, landed)
        if batch.quarantine.num_rows:
            replace_quarantine(intake.lake, system, landed, FEED, batch.quarantine, landed)
