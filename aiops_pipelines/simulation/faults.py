"""The faults that are injected, and what each must show: the truth a status is tested against."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

FaultKind = Literal[
    "concept drift",
    "scanner replacement",
    "subgroup degrades",
    "miscalibration",
    "silent feed",
    "unit error",
    "label source",
    "missed positives creep",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one system from `start` on; it never goes away by itself.

    `areas` are those in which a breach must stand by the end of the quarter. `magnitude` is in
    units of the kind, said in `description`.
    """

    system: str
    kind: FaultKind
    start: date
    magnitude: float
    areas: tuple[str, ...]
    description: str

    def active(self, day: date) -> bool:
        """Tell whether the fault is present on `day`."""
        return day >= self.start

    def as_record(self) -> dict[str, Any]:
        """Return the fault as JSON-safe data."""
        return {**asdict(self), "start": self.start.isoformat(), "areas": list(self.areas)}


FAULTS: tuple[Fault, ...] = (
    Fault(
        "sepsis-early-warning",
        "concept drift",
        date(2026, 8, 10),
        0.70,
        ("performance",),
        "the score's relation to sepsis weakens: AUROC falls from 0.85 to 0.70",
    ),
    Fault(
        "mammography-cad",
        "scanner replacement",
        date(2026, 8, 24),
        14.0,
        ("drift",),
        "MX-3 replaces MX-2: density reads 14 points higher and scores rise by 0.4 logits",
    ),
    Fault(
        "falls-risk",
        "subgroup degrades",
        date(2026, 8, 3),
        1.8,
        ("bias",),
        "positives among Spanish speakers score 1.8 logits too low",
    ),
    Fault(
        "readmission-risk",
        "miscalibration",
        date(2026, 8, 1),
        1.9,
        ("calibration",),
        "version 4.0 is overconfident: logits stretched by 1.9 and 0.5 too high",
    ),
    Fault(
        "ambient-documentation",
        "silent feed",
        date(2026, 9, 28),
        1.0,
        ("integrity",),
        "no predictions arrive any more",
    ),
    Fault(
        "deterioration-index",
        "unit error",
        date(2026, 9, 21),
        9.01,
        ("data quality", "drift"),
        "lactate comes in mg/dL, 9.01 times its value in mmol/L",
    ),
    Fault(
        "no-show",
        "label source",
        date(2026, 9, 14),
        1.0,
        ("integrity",),
        "labels come from billing codes instead of the scheduling system",
    ),
    Fault(
        "lung-nodule-ct",
        "missed positives creep",
        date(2026, 7, 6),
        2.4,
        ("performance", "SLA"),
        "positives lose up to 2.4 logits over eight weeks: the FNR creeps from 0.06 to 0.28",
    ),
)


def fault_of(system: str, day: date, faults: Sequence[Fault]) -> Fault | None:
    """Return the fault of a system that is present on `day`; a system has at most one."""
    for fault in faults:
        if fault.system == system and fault.active(day):
            return fault
    return None
