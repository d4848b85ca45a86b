"""The evidence ledger: a row a (system, clause, night) that is appended and never rewritten.

Each row is a file of its own, `evidence_ledger/<system>/<clause>/<night>.parquet`, so that nothing
which comes later can touch it. A night that is run again finds its row and leaves it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.lake import FileRecord, Lake
from aiops_pipelines.schema import EVIDENCE_LEDGER
from aiops_pipelines.verdict import Verdict

TABLE = "evidence_ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of the table EVIDENCE_LEDGER; docs/data-model.md gives each field's meaning."""

    system: str
    clause: str
    night: date
    terms: str
    metric: str
    operating_point: str | None
    stratum: str
    minimum: float | None
    maximum: float | None
    events: int | None = None
    trials: int | None = None
    withdrawn_events: int | None = None
    withdrawn_trials: int | None = None
    events_total: int | None = None
    trials_total: int | None = None
    n: int
    estimate: float | None
    low: float | None
    high: float | None
    method: str
    period_estimate: float | None = None
    sequence_low: float | None = None
    sequence_high: float | None = None
    log_e_value: float | None
    alarm: bool | None = None
    alarm_since: date | None = None
    proof_log_e_value: float | None = None
    proven_since: date | None = None
    cusum: float | None = None
    cusum_warning: bool | None = None
    verdict: Verdict
    reason: str
    breached_since: date | None = None
    state: str | None = None


def row_of(figure: Figure, terms: str, last: LedgerRow | None) -> LedgerRow:
    """Return the row of a clause's figure whose evidence is not kept as counts."""
    return LedgerRow(
        system=figure.system,
        clause=figure.clause or "",
        night=figure.day,
        terms=terms,
        metric=figure.metric,
        operating_point=figure.operating_point,
        stratum=figure.stratum,
        minimum=figure.minimum,
        maximum=figure.maximum,
        n=figure.n,
        estimate=figure.estimate,
        low=figure.low,
        high=figure.high,
        method=figure.method,
        log_e_value=figure.log_e_value,
        verdict=figure.verdict,
        reason=figure.reason,
        breached_since=episode(last, figure.day, figure.verdict),
    )


def episode(last: LedgerRow | None, night: date, verdict: Verdict) -> date | None:
    """Return the first night of the breach that stands on `night`, None where none does."""
    if verdict is not Verdict.BREACH:
        return None
    return (last.breached_since if last else None) or night


class Ledger:
    """The rows of one clause of one system."""

    def __init__(self, lake: Lake, system: str, clause: str) -> None:
        self._lake = lake
        self._folder = f"{system}/{clause}"

    @property
    def nights(self) -> list[date]:
        """Return the nights that have a row, in order."""
        return self._lake.days(TABLE, self._folder)

    def find(self, night: date) -> LedgerRow | None:
        """Return the night's row, None where it has none."""
        table = self._lake.find(TABLE, self._folder, night)
        if table is None:
            return None
        row = table.to_pylist()[0]
        return LedgerRow(**{**row, "verdict": Verdict(row["verdict"])})

    def latest(self, night: date) -> LedgerRow | None:
        """Return the last row up to `night`, None before the first."""
        earlier = [each for each in self.nights if each <= night]
        return self.find(earlier[-1]) if earlier else None

    def rows(self) -> Iterator[LedgerRow]:
        """Yield all rows in order of their nights."""
        for night in self.nights:
            row = self.find(night)
            if row is not None:
                yield row

    def append(self, row: LedgerRow) -> LedgerRow:
        """Keep `row` and return it, or the row that its night already has."""
        held = self.find(row.night)
        if held is not None:
            return held
        self._write(row)
        return row

    def append_figure(self, figure: Figure, terms: str) -> None:
        """Append the row of a figure, unless its night, or a later one, has a row."""
        held = self.nights
        if not held or figure.day > held[-1]:
            self.append(row_of(figure, terms, self.latest(figure.day)))

    def digest(self, night: date) -> FileRecord:
        """Return path and SHA-256 of a night's row; LakeError where it has none."""
        return self._lake.digest(TABLE, self._folder, night)

    def _write(self, row: LedgerRow) -> None:
        table = pa.Table.from_pylist([asdict(row)], schema=EVIDENCE_LEDGER)
        self._lake.write(TABLE, self._folder, row.night, table, row.night)
