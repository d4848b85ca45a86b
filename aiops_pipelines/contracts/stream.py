"""The evidence on one clause of a rate: what is known after a night, and what a night adds.

Counts enter on the night on which they are known: a day's when it becomes mature, a late or revised
label's when it comes. What a revision takes back lowers the totals from that night on; the
e-detector, which has no memory of single cases, keeps what it saw.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from typing import Self

from aiops_pipelines.contracts.arrivals import DayCounts
from aiops_pipelines.evaluation.measures import Rate, verified_shares
from aiops_pipelines.portfolio import Clause, System
from aiops_pipelines.statistics import BernoulliCusum, RateExceedance, ShiryaevRoberts
from aiops_pipelines.statistics.e_detector import Direction

RUN_LENGTH_DAYS = 3650.0
"""The average run without a false alarm exactly at the limit: ten years."""

QUARTER_DAYS = 91
_SMALLEST = 1e-6
_BAD_RATES = frozenset({"false_negative_rate"})


@dataclass(frozen=True, slots=True)
class Tonight:
    """What a night added (bad events of trials) and what revisions took back."""

    events: int = 0
    trials: int = 0
    withdrawn_events: int = 0
    withdrawn_trials: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """Immutable state of a clause's evidence; `night` returns the state after one more night.

    All of it speaks of the rate of what goes wrong among verified cases. `terms` identifies what
    the evidence is against: with other terms it starts anew.
    """

    terms: str
    detector: ShiryaevRoberts
    proof: RateExceedance
    warning: BernoulliCusum | None
    counted: Mapping[date, DayCounts]

    @classmethod
    def start(cls, system: System, clause: Clause, baseline: DayCounts, days: int) -> Self:
        """Return the state before the first night; `baseline` are the reference's counts.

        The warning is tuned to the baseline's rate, where it lies within the limit.
        """
        limit, direction = _null(system, clause)
        trials = baseline.events + baseline.others
        pace = trials / days if days else 0.0
        return cls(
            terms=terms_of(system, clause),
            detector=ShiryaevRoberts(limit, direction, RUN_LENGTH_DAYS),
            proof=RateExceedance(
                limit, direction=direction, optimised_at=max(QUARTER_DAYS * pace, 50.0)
            ),
            warning=_warning(limit, direction, baseline, pace),
            counted={},
        )

    def night(self, night: date, changed: Mapping[date, DayCounts]) -> tuple[Self, Tonight]:
        """Return the state after `night`, on which the counts of the days `changed` were known."""
        detector, proof, warning, added = self.detector, self.proof, self.warning, Tonight()
        for day in sorted(changed):
            held, now = self.counted.get(day, DayCounts()), changed[day]
            events, others = now.events - held.events, now.others - held.others
            gained, lost = _signed(events, others), _signed(-events, -others)
            if day in self.counted and gained == lost == (0, 0):
                continue
            proof = replace(proof, events=proof.events - lost[0], trials=proof.trials - lost[1])
            proof = proof.update(*gained, on=night)
            detector = detector.update(*gained, on=night)
            warning = warning.update(*gained, on=night) if warning else None
            added = Tonight(
                added.events + gained[0],
                added.trials + gained[1],
                added.withdrawn_events + lost[0],
                added.withdrawn_trials + lost[1],
            )
        counted = {**self.counted, **changed}
        return replace(
            self, detector=detector, proof=proof, warning=warning, counted=counted
        ), added

    def window(self, days: int) -> DayCounts:
        """Return the sum of the last `days` days counted."""
        total = DayCounts()
        for day in sorted(self.counted)[-days:]:
            total += self.counted[day]
        return total

    def to_json(self) -> str:
        """Return the state as JSON."""
        return json.dumps(
            {
                "terms": self.terms,
                "detector": self.detector.to_dict(),
                "proof": self.proof.to_dict(),
                "warning": self.warning.to_dict() if self.warning else None,
                "counted": {
                    day.isoformat(): list(asdict(counts).values())
                    for day, counts in sorted(self.counted.items())
                },
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the state that `to_json` described."""
        held = json.loads(text)
        return cls(
            held["terms"],
            ShiryaevRoberts.from_dict(held["detector"]),
            RateExceedance.from_dict(held["proof"]),
            BernoulliCusum.from_dict(held["warning"]) if held["warning"] else None,
            {date.fromisoformat(day): DayCounts(*c) for day, c in held["counted"].items()},
        )


def terms_of(system: System, clause: Clause) -> str:
    """Return what identifies the evidence's hypothesis and how its cases are counted."""
    thresholds = [(point.name, point.threshold) for point in system.output.operating_points]
    contract = system.contract
    parts = (
        clause.metric,
        clause.operating_point,
        clause.stratum,
        clause.minimum,
        clause.maximum,
        thresholds,
        system.truth.scheme,
        system.truth.audit_fraction,
        contract.start.isoformat() if contract else None,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def shares_of(system: System, clause: Clause) -> Rate:
    """Return the clause's rate without counts: how its cases are verified."""
    return Rate(0, 0, *verified_shares(system, clause.metric))


def as_metric(clause: Clause, bad_rate: float) -> float:
    """Return the clause's metric where what goes wrong has this rate."""
    return bad_rate if clause.metric in _BAD_RATES else 1 - bad_rate


def _null(system: System, clause: Clause) -> tuple[float, Direction]:
    """Return the limit on the rate of what goes wrong among verified cases, and its bad side."""
    bad = clause.metric in _BAD_RATES
    above = (clause.maximum is not None) == bad
    rate = clause.bound if bad else 1 - clause.bound
    limit = shares_of(system, clause).limit_among_verified(rate)
    return min(max(limit, _SMALLEST), 1 - _SMALLEST), "above" if above else "below"


def _warning(
    limit: float, direction: Direction, baseline: DayCounts, pace: float
) -> BernoulliCusum | None:
    if not pace:
        return None
    rate = (baseline.events + 0.5) / (baseline.events + baseline.others + 1)
    within = rate < limit if direction == "above" else rate > limit
    return _tuned(rate, limit, pace) if within else None


@cache
def _tuned(rate: float, limit: float, pace: float) -> BernoulliCusum:
    return BernoulliCusum.for_run_length(rate, limit, pace)


def _signed(events: int, others: int) -> tuple[int, int]:
    """Return (events, trials) of what is above zero."""
    return max(events, 0), max(events, 0) + max(others, 0)
