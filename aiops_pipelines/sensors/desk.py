"""The desk's own work: reports that were dropped, what is overdue, messages that wait."""

import os
from pathlib import Path

import dagster as dg

from aiops_pipelines.delivery import Dispatcher
from aiops_pipelines.incidents import Roster, import_drops
from aiops_pipelines.resources import Clock, IncidentDeskResource, PortfolioResource
from aiops_pipelines.sensors.deliveries import record_deliveries


@dg.sensor(minimum_interval_seconds=60)
def safety_events(
    context: dg.SensorEvaluationContext,
    portfolio: PortfolioResource,
    incident_desk: IncidentDeskResource,
    clock: Clock,
) -> dg.SkipReason:
    """Take reports that the hospital's safety-event system dropped; name those refused."""
    book = portfolio.read()
    now = clock.now(book.hospital.zone)
    taken = import_drops(
        Path(incident_desk.safety_events), incident_desk.open(), Roster.of(book), now
    )
    for problem in taken.refused:
        context.log.error(problem)
    return dg.SkipReason(f"{len(taken.changes)} reports taken, {len(taken.refused)} files refused")


@dg.sensor(minimum_interval_seconds=60)
def escalate_incidents(
    portfolio: PortfolioResource, incident_desk: IncidentDeskResource, clock: Clock
) -> dg.SkipReason:
    """Take overdue incidents a step up the line, and write the morning's digest."""
    book = portfolio.read()
    changes = incident_desk.open().escalate(Roster.of(book), clock.now(book.hospital.zone))
    return dg.SkipReason(f"{len(changes)} steps of escalation")


@dg.sensor(minimum_interval_seconds=30)
def deliver_messages(
    context: dg.SensorEvaluationContext,
    portfolio: PortfolioResource,
    incident_desk: IncidentDeskResource,
    clock: Clock,
) -> dg.SkipReason:
    """Send what is due in the outbox; what fails is tried again, and reports that fail are told."""
    book, desk = portfolio.read(), incident_desk.open()
    hospital, now = book.hospital, clock.now(book.hospital.zone)
    channels = hospital.notifications.channels
    done = Dispatcher(desk.outbox, channels, os.environ, hospital.name).dispatch(now)
    for failure in done.failures:
        context.log.error(failure)
    record_deliveries(desk, Roster.of(book), now)
    return dg.SkipReason(f"{done.sent} messages sent, {len(done.failures)} failed")
