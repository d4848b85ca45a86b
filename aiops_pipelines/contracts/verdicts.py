"""What a contract adds to a verdict: grace, and since when a breach stands without a break."""

from datetime import date, timedelta

from aiops_pipelines.contracts.ledger import LedgerRow
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.portfolio import Clause, System
from aiops_pipelines.verdict import Verdict


def in_grace(system: System, clause: Clause, night: date, judgement: Judgement) -> Judgement:
    """Return the judgement; within the clause's grace a breach is a warning that says so."""
    contract = system.contract
    if contract is None or judgement.verdict is not Verdict.BREACH:
        return judgement
    ends = contract.start + timedelta(days=clause.grace_days)
    if night >= ends:
        return judgement
    return Judgement(Verdict.WARN, f"{judgement.reason}; in grace until {ends}")


def episode(last: LedgerRow | None, night: date, verdict: Verdict) -> date | None:
    """Return the first night of the breach that stands on `night`, None where none does."""
    if verdict is not Verdict.BREACH:
        return None
    return (last.breached_since if last else None) or night
