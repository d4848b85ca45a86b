"""What a contract adds to a verdict: grace."""

from datetime import date, timedelta

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
