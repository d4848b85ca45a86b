"""Reads what the monitoring of a service says: up, down, maintenance, latency, support tickets.

A row is refused if its event is unknown, its time is missing or unreadable, a latency has no number
of seconds or a ticket no plain identifier.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from aiops_pipelines.feeds.arrivals import WATCH
from aiops_pipelines.feeds.batch import quarantine_file
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.decoded import UnreadableFileError
from aiops_pipelines.feeds.drops import files_of_day
from aiops_pipelines.feeds.raw_file import RawFile, raw_files, whole_block
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.feeds.values import Columns
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import QUARANTINE, SERVICE_EVENTS, ServiceEvent

FEED = "service"
_TICKET = r"^[A-Za-z]{1,8}-?[0-9]{1,12}$"


@dataclass(frozen=True, slots=True)
class ServiceBatch:
    """A day's events (schema SERVICE_EVENTS), what was refused, and how many files there were."""

    table: pa.Table
    quarantine: pa.Table
    files: int


def read_service_events(
    system: System, day: date, root: UPath, watch: Watch = WATCH
) -> ServiceBatch:
    """Return the service events whose file is of `day`; FeedError where a file can't be opened."""
    feed = system.service
    if feed is None:
        return ServiceBatch(SERVICE_EVENTS.empty_table(), QUARANTINE.empty_table(), 0)
    what = f"{system.id}: service events"
    paths = files_of_day(feed, day, root, what)
    read = [_read(system, file) for file in raw_files(paths, feed, root, watch, what)]
    tables = pa.concat_tables([SERVICE_EVENTS.empty_table(), *(table for table, _ in read)])
    refused = pa.concat_tables([QUARANTINE.empty_table(), *(rows for _, rows in read)])
    order = [(name, "ascending") for name in ("at", "event", "ticket")]
    return ServiceBatch(tables.sort_by(order), refused, len(paths))


def _read(system: System, file: RawFile) -> tuple[pa.Table, pa.Table]:
    assert system.service is not None
    try:
        block = whole_block(file.blocks, system.service.columns)
    except UnreadableFileError as error:
        refused = quarantine_file(FEED, file.name, str(error.rule), error.column)
        return SERVICE_EVENTS.empty_table(), refused
    sieve = Sieve(FEED, block.provenance(file.name))
    columns = Columns(block.columns, system.service, block.row_numbers.size)
    table = pa.table(
        {
            "event": _events(columns, sieve),
            "at": _instants(columns, sieve),
            "seconds": _seconds(columns, sieve),
            "ticket": _tickets(columns, sieve),
        }
    ).cast(SERVICE_EVENTS)
    kept, _ = sieve.sifted(table)
    return kept, pa.concat_tables([block.quarantine(FEED, file.name), sieve.quarantine()])


def _events(columns: Columns, sieve: Sieve) -> pa.Array:
    event = columns.text("event")
    known = pc.is_in(event, value_set=pa.array([each.value for each in ServiceEvent]))
    sieve.refuse(~known.to_numpy(False), Rule.UNKNOWN_EVENT, "event")
    return event.fill_null("")


def _instants(columns: Columns, sieve: Sieve) -> pa.Array:
    at = columns.instant("at")
    sieve.refuse(at.missing, Rule.TIME_MISSING, "at", "missing")
    sieve.refuse(at.unreadable, Rule.TIME_UNREADABLE, "at", "text")
    return at.to_arrow().fill_null(0)


def _seconds(columns: Columns, sieve: Sieve) -> pa.Array:
    seconds = columns.number("seconds")
    asked = _is(columns, ServiceEvent.LATENCY)
    wrong = ~(np.isfinite(seconds.values) & (seconds.values >= 0))
    sieve.refuse(asked & wrong, Rule.SECONDS_NOT_A_NUMBER, "seconds")
    return pa.array(seconds.values, mask=wrong)


def _tickets(columns: Columns, sieve: Sieve) -> pa.Array:
    ticket = columns.text("ticket")
    plain = pc.match_substring_regex(ticket.fill_null(""), _TICKET).to_numpy(False)
    asked = _is(columns, ServiceEvent.TICKET_OPENED) | _is(columns, ServiceEvent.TICKET_ANSWERED)
    sieve.refuse(asked & ~plain, Rule.NOT_A_TICKET, "ticket")
    return pc.if_else(pa.array(plain), ticket, pa.scalar(None, pa.string()))


def _is(columns: Columns, event: ServiceEvent) -> np.ndarray:
    found: np.ndarray = pc.equal(columns.text("event").fill_null(""), event.value).to_numpy(False)
    return found
