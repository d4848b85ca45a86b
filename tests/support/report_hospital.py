"""A hospital on paper for the reports' tests: twelve systems, and a lake of made-up figures.

The figures are drawn from a seeded generator and follow no model: reports must show whatever the
lake holds. Some systems are in trouble on purpose.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from upath import UPath

from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.store import write_figures
from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Hospital, Portfolio, System
from aiops_pipelines.verdict import Verdict

DAY = date(2026, 3, 30)

SYSTEMS: dict[str, tuple[str, str, str, str]] = {
    "lung-nodule-ct": ("Lung nodule detection, CT", "radiology", "binary", "death"),
    "pneumothorax-xray": ("Pneumothorax detection, X-ray", "radiology", "binary", "death"),
    "ich-triage-ct": ("Intracranial haemorrhage triage, CT", "radiology", "binary", "death"),
    "mammography-cad": ("Mammography second reader", "radiology", "binary", "serious"),
    "prostate-grading": ("Prostate biopsy grading", "pathology", "ordinal", "serious"),
    "sepsis-early-warning": ("Sepsis early warning", "nursing", "binary", "death"),
    "deterioration-index": ("Deterioration index", "nursing", "binary", "serious"),
    "falls-risk": ("Inpatient falls risk", "nursing", "binary", "minor"),
    "readmission-risk": ("30-day readmission risk", "medicine", "binary", "minor"),
    "ambient-documentation": ("Ambient documentation quality", "medicine", "binary", "minor"),
    "no-show": ("Clinic no-show prediction", "administration", "binary", "none"),
    "length-of-stay": ("Length of stay", "administration", "regression", "none"),
}

_MAIN = {"binary": "sensitivity", "ordinal": "quadratic_weighted_kappa", "regression": "mae"}
_STRATA = [
    ("sex=F", 410),
    ("sex=M", 380),
    ("age_band=18-39", 150),
    ("age_band=40-64", 300),
    ("age_band=65+", 340),
    ("race=Asian", 90),
    ("race=Black", 120),
    ("race=Pacific Islander", 7),
    ("race=White", 573),
]
_COLUMNS = (
    "case_id",
    "predicted_at",
    "score",
    "age",
    "scanner",
    "lactate",
    "sex",
    "age_band",
    "race",
)
_WITHHELD = ("race=Pacific Islander", "race=Asian")
"""The small stratum, and the one that would give it away."""


def system_record(system_id: str, **changes: object) -> System:
    """Return one system of the hospital; `changes` replace whole fields of its record."""
    name, line, task, harm = SYSTEMS.get(system_id, (system_id, "medicine", "binary", "minor"))
    point = {"operating_point": "alert"} if task == "binary" else {}
    limit = {"metric": _MAIN[task], **point, "minimum": 0.8}
    if task == "regression":
        limit = {"metric": "mae", "maximum": 2.5}
    outputs: dict[str, dict[str, object]] = {
        "binary": {"operating_points": [{"name": "alert", "threshold": 0.5, "action": "Look."}]},
        "ordinal": {"classes": ["1", "2", "3", "4", "5"]},
        "regression": {"unit": "days", "range": [0, 120]},
    }
    record: dict[str, object] = {
        "id": system_id,
        "name": name,
        "service_line": line,
        "vendor": {"name": f"{name.split()[0]} Analytics Inc.", "contact": "support desk"},
        "versions": [
            {"version": "2.3", "from": "2024-06-01"},
            {"version": "2.4", "from": "2026-03-12", "note": "retrained"},
        ],
        "intended_use": "Supports the clinician; does not decide.",
        "population": "Adult inpatients",
        "out_of_scope": "Children",
        "regulatory": {"status": "cleared"},
        "risk": {"autonomy": "recommends", "harm": harm, "cases_per_year": 20000},
        "owners": {"clinical": "Chief of service", "technical": "AI ops", "executive": "CMO"},
        "lifecycle": {"stage": "live", "go_live": "2024-06-01", "next_review": "2026-02-01"},
        "output": {"task": task, "predicts": "the finding", **outputs[task]},
        "features": [
            {"name": "age", "kind": "numeric", "unit": "years"},
            {"name": "scanner", "kind": "categorical"},
            {"name": "lactate", "kind": "numeric", "unit": "mmol/L"},
        ],
        "subgroups": ["sex", "age_band", "race"],
        "predictions": {
            "kind": "csv",
            "path": "p/{day}.csv",
            "columns": {name: name for name in _COLUMNS},
        },
        "labels": {
            "kind": "csv",
            "path": "l/{day}.csv",
            "columns": {"case_id": "id", "value": "truth"},
        },
        "truth": {"truth": "final read", "sources": ["report"], "mature_after_days": 14},
        "reference": {"from": "2025-10-01", "to": "2025-12-31"},
        "limits": [limit],
        "contract": {
            "number": f"C-{system_id}",
            "from": "2025-01-01",
            "to": "2027-12-31",
            "annual_fee": 120000,
            "clauses": [
                {
                    "id": "clause-1",
                    "text": "Performance stays within the agreed limit in every quarter.",
                    **limit,
                    "remedy": {"service_credit_percent": 10, "termination_right": True},
                }
            ],
        },
    }
    return System.model_validate(record | changes)


def paper_portfolio(system_ids: Iterable[str] = SYSTEMS, **changes: object) -> Portfolio:
    """Return a portfolio of these systems."""
    hospital = Hospital(
        name="Lakeside University Hospital",
        time_zone="America/Chicago",
        monitoring_start=date(2026, 1, 1),
        operations_manager="Medical AI Operations",
    )
    systems = tuple(system_record(system_id, **changes) for system_id in sorted(system_ids))
    return Portfolio(hospital=hospital, systems=systems)


def paper_lake(
    folder: Path, portfolio: Portfolio, days: Sequence[date], mood: str = "mixed"
) -> Lake:
    """Return a lake with all areas' figures; `mood` is "mixed", "calm" or "red"."""
    lake = Lake(UPath(folder))
    for system in portfolio.monitored:
        for day in days:
            figures = list(night_figures(system, day, _mood(system.id, mood)))
            for area in Area:
                rows = [figure for figure in figures if figure.area is area]
                if rows:
                    write_figures(lake, area, area.value, system.id, day, day, rows)
                for row in rows:
                    if row.clause:
                        Ledger(lake, system.id, row.clause).append_figure(row, "the terms")
    return lake


def nights(count: int, last: date = DAY) -> list[date]:
    """Return the last `count` days up to `last`."""
    return [last - timedelta(days=back) for back in reversed(range(count))]


def paper_incidents(day: date = DAY) -> list[Incident]:
    """Return four incidents: one overdue, two new, one that a person closed."""
    noon = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    overdue = incident(
        "INC-2026-0011", "lung-nodule-ct", "performance", day - timedelta(days=3),
        acknowledge_by=noon - timedelta(days=1), resolve_by=noon + timedelta(days=4),
        summary="sensitivity at alert below its limit", severity="SEV1",
    )  # fmt: skip
    return [
        overdue,
        incident(
            "INC-2026-0014", "sepsis-early-warning", "drift", day, status="acknowledged",
            resolve_by=noon + timedelta(days=2), summary="lactate arrives in another unit",
        ),
        incident(
            "INC-2026-0015", "ambient-documentation", "integrity", day,
            acknowledge_by=noon + timedelta(hours=23), resolve_by=noon + timedelta(days=9),
            summary="no predictions since yesterday", severity="SEV3",
        ),
        incident("INC-2026-0002", "no-show", "drift", day - timedelta(days=40), status="closed"),
    ]  # fmt: skip


def incident(incident_id: str, system: str, area: str, opened: date, **fields: object) -> Incident:
    """Return an incident; `fields` replace what is not given by position."""
    detected = datetime(opened.year, opened.month, opened.day, 12, tzinfo=UTC) + timedelta(days=1)
    base: dict[str, object] = {
        "check": f"{area.replace(' ', '_')}_limits",
        "severity": "SEV2",
        "status": "open",
        "owner": "AI ops",
        "summary": "something is wrong",
        "last_failed": opened,
        "recovered_on": None,
        "detected_at": detected,
        "acknowledge_by": detected + timedelta(hours=4),
        "resolve_by": detected + timedelta(hours=72),
        "historical": False,
    }
    return Incident(id=incident_id, system=system, area=area, opened=opened, **(base | fields))  # type: ignore[arg-type]


def _mood(system_id: str, mood: str) -> str:
    if mood != "mixed":
        return mood
    troubled = {
        "lung-nodule-ct": "red",
        "sepsis-early-warning": "drifting",
        "ambient-documentation": "silent",
        "falls-risk": "sparse",
        "mammography-cad": "sparse",
    }
    return troubled.get(system_id, "calm")


def night_figures(system: System, day: date, mood: str) -> Iterator[Figure]:
    """Yield one night's figures of one system, all areas."""
    seed = [*system.id.encode(), day.toordinal()]
    rng = np.random.default_rng(seed)
    common: dict[str, object] = {
        "system": system.id,
        "version": system.version_on(day),
        "day": day,
        "as_of": day,
    }
    yield from _integrity(common, mood, rng)
    yield from _performance(system, common, mood, rng)
    yield from _drift(system, common, mood, rng)
    yield from _bias(system, common, mood, rng)


def make(common: dict[str, object], area: Area, metric: str, **fields: object) -> Figure:
    """Return a figure with what every figure needs."""
    base: dict[str, object] = {
        "area": area,
        "asset": area.value,
        "metric": metric,
        "window": 28,
        "n": 800,
        "method": "Wilson",
        "verdict": Verdict.OK,
        "reason": f"{metric} within its limit",
    }
    return Figure(**{**base, **common, **fields})  # type: ignore[arg-type]


def _integrity(common: dict[str, object], mood: str, rng: np.random.Generator) -> Iterator[Figure]:
    silent = mood == "silent"
    yield make(
        common, Area.INTEGRITY, "arrived", window=1, method="count",
        n=0 if silent else int(rng.integers(200, 400)),
        verdict=Verdict.BREACH if silent else Verdict.OK,
        reason="no file arrived; expected daily" if silent else "file arrived in time",
    )  # fmt: skip
    yield make(
        common, Area.DATA_QUALITY, "quality", window=1, method="expectations", n=300,
        verdict=Verdict.BREACH if mood == "red" else Verdict.OK,
        reason="3 of 9 expectations failed" if mood == "red" else "9 of 9 expectations hold",
    )  # fmt: skip


def _performance(
    system: System, common: dict[str, object], mood: str, rng: np.random.Generator
) -> Iterator[Figure]:
    task = system.output.task.value
    centre = {"binary": 0.87, "ordinal": 0.86, "regression": 1.9}[task]
    if mood == "red":
        centre = {"binary": 0.68, "ordinal": 0.62, "regression": 4.1}[task]
    value = round(float(centre + rng.normal(0, 0.012)), 6)
    n = 14 if mood == "sparse" else int(rng.integers(700, 900))
    verdict = {"red": Verdict.BREACH, "sparse": Verdict.INSUFFICIENT_DATA}.get(mood, Verdict.OK)
    reason = f"{_MAIN[task]} is {value:.3f}"
    if mood == "sparse":
        reason = "14 of 50 cases so far; about 21 more days needed"
    bounds: dict[str, object] = {"maximum": 2.5} if task == "regression" else {"minimum": 0.8}
    if task == "binary":
        bounds["operating_point"] = "alert"
    shared: dict[str, object] = {
        "n": n, "n_mature": n, "n_pending": 310, "estimate": value,
        "low": round(value - 0.04, 6), "high": round(value + 0.035, 6), "verdict": verdict,
        "reason": reason, "baseline": round(centre, 3), **bounds,
    }  # fmt: skip
    metric = _MAIN[task]
    yield make(common, Area.PERFORMANCE, metric, **shared)
    yield make(common, Area.SLA, metric, clause="clause-1", log_e_value=3.4, **shared)
    if task != "binary":
        return
    yield make(
        common, Area.PERFORMANCE, "auroc", n=n, estimate=round(value + 0.05, 6),
        low=round(value + 0.02, 6), high=round(value + 0.08, 6), n_mature=n, n_pending=310,
        method="DeLong, logit interval",
    )  # fmt: skip
    yield make(
        common, Area.PERFORMANCE, "auroc", estimand="estimated", n=310, method="CBPE",
        estimate=round(value + 0.045, 6), low=round(value + 0.01, 6), high=round(value + 0.08, 6),
    )  # fmt: skip
    yield make(
        common, Area.CALIBRATION, "observed_expected_ratio", n=n, estimate=1.04, low=0.91,
        high=1.18, minimum=0.8, maximum=1.25, baseline=1.0,
    )  # fmt: skip


def _drift(
    system: System, common: dict[str, object], mood: str, rng: np.random.Generator
) -> Iterator[Figure]:
    for feature in ("score", *(feature.name for feature in system.features)):
        value = float(abs(rng.normal(0.02, 0.01)))
        hit = mood == "red" or (mood == "drifting" and feature == "lactate")
        if hit:
            value += 0.6
        yield make(
            common, Area.DRIFT, "psi", feature=feature, n=2400, estimate=round(value, 6),
            low=round(max(0.0, value - 0.01), 6), high=round(value + 0.01, 6), maximum=0.2,
            verdict=Verdict.BREACH if hit else Verdict.OK, method="PSI less its null",
            reason=f"PSI of {feature} {value:.3f}",
        )  # fmt: skip


def _bias(
    system: System, common: dict[str, object], mood: str, rng: np.random.Generator
) -> Iterator[Figure]:
    if system.output.task.value != "binary":
        return
    for stratum, n in _STRATA:
        value = float(rng.normal(0, 0.02)) - (0.2 if mood == "red" and n < 130 else 0)
        beyond = value < -0.1
        yield make(
            common, Area.BIAS, "sensitivity_gap", operating_point="alert", stratum=stratum, n=n,
            estimate=round(value, 6), low=round(value - 0.06, 6), high=round(value + 0.06, 6),
            minimum=-0.1, method="Newcombe",
            verdict=Verdict.WARN if beyond else Verdict.OK, suppressed=stratum in _WITHHELD,
            reason=f"sensitivity gap of {stratum} {value:.3f}",
        )  # fmt: skip
