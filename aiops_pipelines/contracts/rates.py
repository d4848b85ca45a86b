"""Clauses on a rate: each night's new labels into evidence, a ledger row and a verdict.

The first night that is run fills the ledger for the nights before it from the record of label
arrivals, as if it had been run on each.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from aiops_pipelines.contracts.arrivals import ArrivalRecord, DayCounts
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow, episode
from aiops_pipelines.contracts.stream import (
    Stream,
    Tonight,
    as_metric,
    shares_of,
    terms_of,
)
from aiops_pipelines.contracts.verdicts import in_grace
from aiops_pipelines.evaluation.caveats import STALE_DAYS
from aiops_pipelines.evaluation.figure import subject
from aiops_pipelines.evaluation.judgement import Evidence, Judgement, judge
from aiops_pipelines.evaluation.shortfall import Pace
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Clause, System, Task
from aiops_pipelines.statistics import Estimate, audit_share, proportion
from aiops_pipelines.verdict import Verdict


def first_day(system: System) -> date:
    """Return the first case day on which evidence accrues: of the contract, after the reference."""
    start = system.reference.end + timedelta(days=1)
    return max(start, system.contract.start) if system.contract else start


def rate_row(lake: Lake, system: System, clause: Clause, night: date) -> LedgerRow | None:
    """Return the night's row of a clause on a rate, appending what the ledger lacks up to it.

    A night before the ledger's last is history: its row, or the last one before it, is returned.
    None before the first case day.
    """
    ledger = Ledger(lake, system.id, clause.id)
    held = ledger.nights
    if night in held or (held and night < held[-1]):
        return ledger.latest(night)
    last = ledger.latest(night)
    for row in _missing_rows(lake, system, clause, last, night):
        last = ledger.append(row)
    return last


def _missing_rows(
    lake: Lake, system: System, clause: Clause, last: LedgerRow | None, night: date
) -> Iterator[LedgerRow]:
    first = first_day(system)
    record = ArrivalRecord(lake, system, clause, first, night)
    stream = _stream(system, clause, last, record)
    start = last.night + timedelta(days=1) if last else first
    since = last.night if last else None
    for offset in range((night - start).days + 1):
        now = start + timedelta(days=offset)
        stream, added = stream.night(now, record.changed(now, stream.counted, since))
        last = _row(system, clause, now, stream, added, last)
        yield last


def _stream(
    system: System, clause: Clause, last: LedgerRow | None, record: ArrivalRecord
) -> Stream:
    if last is not None and last.state is not None and last.terms == terms_of(system, clause):
        return Stream.from_json(last.state)
    period = system.reference
    reference_matured = first_day(system) + timedelta(days=system.truth.mature_after_days)
    baseline = record.baseline(period.start, period.end, reference_matured)
    return Stream.start(system, clause, baseline, (period.end - period.start).days + 1)


def _row(
    system: System,
    clause: Clause,
    night: date,
    stream: Stream,
    added: Tonight,
    last: LedgerRow | None,
) -> LedgerRow:
    counts = stream.window(clause.window_days)
    estimate = _estimate(system, clause, counts)
    judgement = _judged(system, clause, night, stream, counts, estimate)
    period = _period(system, clause, stream)
    return LedgerRow(
        system=system.id,
        clause=clause.id,
        night=night,
        terms=stream.terms,
        metric=clause.metric,
        operating_point=clause.operating_point,
        stratum=clause.stratum or "all",
        minimum=clause.minimum,
        maximum=clause.maximum,
        events=added.events,
        trials=added.trials,
        withdrawn_events=added.withdrawn_events,
        withdrawn_trials=added.withdrawn_trials,
        events_total=stream.proof.events,
        trials_total=stream.proof.trials,
        n=estimate.n,
        estimate=estimate.value,
        low=estimate.low,
        high=estimate.high,
        method=estimate.method,
        period_estimate=period.value,
        sequence_low=period.low,
        sequence_high=period.high,
        log_e_value=stream.detector.log_e_value,
        alarm=stream.detector.alarm,
        alarm_since=stream.detector.first_alarm_on,
        proof_log_e_value=stream.proof.log_e_value,
        proven_since=stream.proof.proven_on,
        cusum=stream.warning.statistic if stream.warning else None,
        cusum_warning=stream.warning.warning if stream.warning else None,
        verdict=judgement.verdict,
        reason=judgement.reason,
        breached_since=episode(last, night, judgement.verdict),
        state=stream.to_json(),
    )


def _estimate(system: System, clause: Clause, counts: DayCounts) -> Estimate:
    """Return the clause's metric, weighted back where the scheme verifies AI-negatives in part."""
    found = proportion(counts.events, counts.events + counts.others)
    return weighted(system, clause, found)


def _period(system: System, clause: Clause, stream: Stream) -> Estimate:
    """Return the metric over the contract period with its confidence sequence."""
    proof = stream.proof
    if not proof.trials:
        return Estimate.missing(0, 0, "confidence sequence")
    low, high = proof.confidence_sequence()
    value = proof.events / proof.trials
    found = Estimate(value, low, high, None, proof.trials, proof.events, "confidence sequence")
    return weighted(system, clause, found)


def weighted(system: System, clause: Clause, found: Estimate) -> Estimate:
    """Return an estimate of the bad rate among verified cases as one of the clause's metric.

    Given the verified cases their number of bad ones is binomial, so the limits map one to one.
    """
    if found.value is None or found.low is None or found.high is None:
        return found
    shares = shares_of(system, clause)
    value, *limits = (
        as_metric(clause, shares.true_rate(rate)) for rate in (found.value, found.low, found.high)
    )
    partly = shares.event_share < 1 or shares.other_share < 1
    method = f"{found.method}, weighted by the audited share" if partly else found.method
    return Estimate(value, min(limits), max(limits), None, found.n, found.n_events, method)


def _judged(
    system: System,
    clause: Clause,
    night: date,
    stream: Stream,
    counts: DayCounts,
    estimate: Estimate,
) -> Judgement:
    binary = system.output.task is Task.BINARY
    days = min(len(stream.counted), clause.window_days)
    pace = None
    if days:
        pace = Pace(counts.labelled / days, counts.positives / days if binary else None)
    name = subject(clause.metric, clause.operating_point, stratum=clause.stratum or "all")
    judgement = judge(
        clause,
        estimate,
        counts.labelled,
        counts.positives if binary else None,
        _evidence(clause, stream),
        name,
        pace,
    )
    judgement = _with_the_period(stream, _period(system, clause, stream), judgement)
    judgement = _with_the_warning(stream, judgement)
    judgement = _with_the_audit(system, clause, counts, judgement)
    return in_grace(system, clause, night, _on_fresh_labels(system, stream, night, judgement))


def _evidence(clause: Clause, stream: Stream) -> Evidence | None:
    if clause.evidence == "interval":
        return None
    if clause.evidence == "proof":
        proof = stream.proof
        return Evidence(proof.log_e_value, proof.proven, proof.proven_on)
    detector = stream.detector
    since = detector.first_alarm_on if detector.alarm else None
    return Evidence(detector.log_e_value, detector.alarm, since)


def _with_the_period(stream: Stream, period: Estimate, judgement: Judgement) -> Judgement:
    if judgement.verdict is not Verdict.BREACH or period.value is None:
        return judgement
    proven = stream.proof.proven_on
    said = f"proven since {proven}" if proven else "not yet proven over the whole period"
    return Judgement(
        judgement.verdict,
        f"{judgement.reason}; over the contract period {period.value:.3f} "
        f"({period.low:.3f} to {period.high:.3f} at any time, 95%), {said}",
    )


def _with_the_warning(stream: Stream, judgement: Judgement) -> Judgement:
    warning = stream.warning
    if warning is None or not warning.warning or judgement.verdict is not Verdict.OK:
        return judgement
    return Judgement(
        Verdict.WARN,
        f"{judgement.reason}, but it has moved from the reference period's towards the limit "
        f"(CUSUM, tuned to one false warning a year)",
    )


def _with_the_audit(
    system: System, clause: Clause, counts: DayCounts, judgement: Judgement
) -> Judgement:
    """Return the judgement, with what contradicts the audited share that its weights assume.

    "ok" is not said then: where fewer were read than stated, a miss found stands for more.
    """
    event_share, other_share = shares_of(system, clause).shares
    found = audit_share(counts.audited, counts.unflagged, system.truth.audit_fraction)
    if found.note is None or event_share == other_share:
        return judgement
    verdict = judgement.verdict
    if verdict is Verdict.OK:
        verdict = Verdict.INSUFFICIENT_DATA
    return Judgement(
        verdict,
        f"{judgement.reason}; but {found.note}, and the estimate and its evidence assume the "
        "stated share",
    )


def _on_fresh_labels(
    system: System, stream: Stream, night: date, judgement: Judgement
) -> Judgement:
    """Return the judgement, where labels have stopped coming with "insufficient data" for "ok"."""
    if judgement.verdict is not Verdict.OK:
        return judgement
    age = (night - max(stream.counted)).days
    if age <= system.truth.mature_after_days + STALE_DAYS:
        return judgement
    return Judgement(
        Verdict.INSUFFICIENT_DATA,
        f"{judgement.reason}; but the newest day with its labels lies {age} days back",
    )
