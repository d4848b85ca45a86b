"""The duty to announce a new version: what came out of the system against what was announced."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from aiops_pipelines.contracts.figures import contract_figure
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow, episode
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Contract, System
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict

CLAUSE = "change-notice"
METRIC = "change_notice_days"
WINDOW_DAYS = 90
"""A change without notice stays a breach for a quarter: long enough to be dealt with."""


@dataclass(frozen=True, slots=True)
class Change:
    """A version that came into use: on which day, and the days of notice (None: none known)."""

    version: str
    since: date
    notice_days: int | None


def notice_figure(lake: Lake, system: System, contract: Contract, day: date, as_of: date) -> Figure:
    """Return the shortest notice of the changes in the last 90 days against the contract's."""
    first = max(day - timedelta(days=WINDOW_DAYS - 1), contract.start)
    row = notice_row(lake, system, contract, day)
    estimate = Estimate(row.estimate, row.low, row.high, None, row.n, None, row.method)
    return contract_figure(
        system,
        day,
        as_of,
        clause=CLAUSE,
        metric=METRIC,
        window=(day - first).days + 1,
        estimate=estimate,
        minimum=row.minimum,
        judgement=Judgement(row.verdict, row.reason),
    )


def notice_row(lake: Lake, system: System, contract: Contract, night: date) -> LedgerRow:
    """Return the night's row of the duty, appending it where the ledger ends before the night."""
    ledger = Ledger(lake, system.id, CLAUSE)
    last = ledger.latest(night)
    if last is not None and (last.night == night or ledger.nights[-1] > night):
        return last
    first = max(night - timedelta(days=WINDOW_DAYS - 1), contract.start)
    seen: dict[str, date] = {}
    if last is not None and last.state is not None:
        held = json.loads(last.state)
        seen = {version: date.fromisoformat(since) for version, since in held.items()}
        first = last.night + timedelta(days=1)
    for day, table in lake.read_days("predictions", system.id, first, night):
        for version in sorted(filter(None, table["version"].unique().to_pylist())):
            seen.setdefault(version, day)
    return ledger.append(_row(system, contract, night, seen, last))


def _row(
    system: System, contract: Contract, night: date, seen: dict[str, date], last: LedgerRow | None
) -> LedgerRow:
    first = max(night - timedelta(days=WINDOW_DAYS - 1), contract.start)
    changes = [each for each in changes_of(system, seen, night) if first <= each.since <= night]
    shortest = float(min(each.notice_days or 0 for each in changes)) if changes else None
    judgement = _judged(contract, changes, bool(seen))
    return LedgerRow(
        system=system.id,
        clause=CLAUSE,
        night=night,
        terms=f"{contract.change_notice_days} days",
        metric=METRIC,
        operating_point=None,
        stratum="all",
        minimum=float(contract.change_notice_days),
        maximum=None,
        n=len(changes),
        estimate=shortest,
        low=shortest,
        high=shortest,
        method="counted",
        log_e_value=None,
        verdict=judgement.verdict,
        reason=judgement.reason,
        breached_since=episode(last, night, judgement.verdict),
        state=json.dumps({version: since.isoformat() for version, since in seen.items()}),
    )


def changes_of(system: System, seen: dict[str, date], day: date) -> list[Change]:
    """Return the changes up to `day`: those of the portfolio and versions it does not know."""
    known = {version.version for version in system.versions}
    changes = [
        Change(
            version.version,
            version.start,
            None if version.announced is None else (version.start - version.announced).days,
        )
        for version in system.versions[1:]
        if version.start <= day
    ]
    silent = [Change(version, since, None) for version, since in seen.items()]
    return changes + [change for change in silent if change.version not in known]


def _judged(contract: Contract, changes: list[Change], seen: bool) -> Judgement:
    asked = contract.change_notice_days
    if not seen:
        return Judgement(
            Verdict.INSUFFICIENT_DATA, "change notice: no predictions name their version"
        )
    short = [each for each in changes if (each.notice_days or 0) < asked]
    if short:
        said = "; ".join(
            f"version {each.version} in use since {each.since}, {_notice(each)}" for each in short
        )
        return Judgement(Verdict.BREACH, f"{said}: the contract asks for {asked} days of notice")
    if not changes:
        return Judgement(Verdict.OK, f"no new version within {WINDOW_DAYS} days")
    return Judgement(
        Verdict.OK, f"{len(changes)} new version(s), each with {asked} or more days of notice"
    )


def _notice(change: Change) -> str:
    if change.notice_days is None:
        return "no notice on record"
    return f"announced {change.notice_days} days before"
