"""How each simulated system behaves while nothing is wrong: volume, prevalence, skill, delays.

Scores come from a binormal model whose log-likelihood ratio is the score's own logit: it is exactly
calibrated, and its AUROC is what `auroc` says (d' = sqrt(2) * probit(AUROC); Green & Swets, 1966).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

WEEKDAYS_ONLY = (1.0, 1.05, 1.05, 1.0, 0.9, 0.0, 0.0)
EVERY_DAY = (1.06, 1.06, 1.04, 1.02, 1.0, 0.92, 0.9)
CLINIC = (1.05, 1.1, 1.1, 1.05, 0.9, 0.25, 0.2)


@dataclass(frozen=True, slots=True)
class Numeric:
    """A numeric input: normal or lognormal, cut to a range, and how far positives differ.

    `shift` is the difference of positives in standard deviations.
    """

    mean: float
    sd: float
    low: float
    high: float
    shift: float = 0.0
    missing: float = 0.01
    decimals: int = 1
    shape: Literal["normal", "lognormal"] = "normal"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One system's behaviour.

    `label_days` is the mean delay of a decision; `batch` says on which days labels are delivered.
    """

    volume: int
    weekday: tuple[float, ...]
    prevalence: float
    auroc: float
    label_days: float
    numeric: Mapping[str, Numeric]
    categories: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    batch: Literal["daily", "weekly"] = "daily"
    cases_per_patient: float = 1.3


_CT = {"CT-A": 0.5, "CT-B": 0.3, "CT-C": 0.2}
_LACTATE = Numeric(1.6, 0.7, 0.3, 14.0, 0.6, 0.05, 1, "lognormal")

BEHAVIOURS: Mapping[str, Behaviour] = {
    "lung-nodule-ct": Behaviour(
        60,
        EVERY_DAY,
        0.14,
        0.96,
        1.5,
        {
            "slice_thickness_mm": Numeric(1.4, 0.5, 0.6, 5.0),
            "dose_ctdi_mgy": Numeric(7.0, 2.5, 1.0, 30.0),
            "nodule_diameter_mm": Numeric(5.0, 2.5, 0.0, 35.0, 0.9),
        },
        {"scanner": _CT},
    ),
    "pneumothorax-xray": Behaviour(
        250,
        EVERY_DAY,
        0.08,
        0.94,
        0.5,
        {"exposure_index": Numeric(420.0, 120.0, 100.0, 2000.0, 0.0, 0.01, 0)},
        {
            "projection": {"PA": 0.55, "AP portable": 0.45},
            "detector": {"DR-1": 0.4, "DR-2": 0.35, "DR-3": 0.25},
        },
    ),
    "ich-triage-ct": Behaviour(
        90,
        EVERY_DAY,
        0.13,
        0.93,
        0.5,
        {
            "slice_thickness_mm": Numeric(2.5, 0.6, 0.6, 6.0),
            "tube_voltage_kv": Numeric(118.0, 8.0, 80.0, 140.0, 0.0, 0.01, 0),
        },
        {"scanner": _CT},
    ),
    "mammography-cad": Behaviour(
        120,
        WEEKDAYS_ONLY,
        0.06,
        0.85,
        9.0,
        {
            "breast_density_percent": Numeric(34.0, 14.0, 3.0, 95.0, 0.2),
            "compression_mm": Numeric(56.0, 11.0, 20.0, 110.0, 0.0, 0.01, 0),
        },
        {"scanner": {"MX-1": 0.45, "MX-2": 0.55}},
        "weekly",
        1.02,
    ),
    "prostate-grading": Behaviour(
        40,
        WEEKDAYS_ONLY,
        0.65,
        0.95,
        2.0,
        {
            "mitoses_per_hpf": Numeric(2.0, 1.4, 0.0, 40.0, 0.8, 0.0, 1, "lognormal"),
            "tissue_area_mm2": Numeric(60.0, 22.0, 5.0, 300.0),
        },
        {"slide_scanner": {"WS-1": 0.6, "WS-2": 0.4}},
    ),
    "sepsis-early-warning": Behaviour(
        500,
        EVERY_DAY,
        0.07,
        0.85,
        1.5,
        {
            "lactate_mmol_l": _LACTATE,
            "heart_rate": Numeric(86.0, 16.0, 40.0, 190.0, 0.6, 0.01, 0),
            "temperature_c": Numeric(37.0, 0.6, 34.0, 41.5, 0.5, 0.02, 1),
            "white_cells": Numeric(9.0, 3.5, 0.5, 60.0, 0.5, 0.04, 1, "lognormal"),
        },
        {"ward_type": {"medical": 0.5, "surgical": 0.35, "step-down": 0.15}},
        cases_per_patient=3.0,
    ),
    "deterioration-index": Behaviour(
        700,
        EVERY_DAY,
        0.05,
        0.83,
        1.0,
        {
            "lactate_mmol_l": _LACTATE,
            "respiratory_rate": Numeric(18.0, 3.5, 8.0, 50.0, 0.7, 0.01, 0),
            "oxygen_saturation": Numeric(96.0, 2.0, 70.0, 100.0, -0.6, 0.01, 0),
            "systolic_mmhg": Numeric(124.0, 18.0, 60.0, 230.0, -0.4, 0.01, 0),
        },
        cases_per_patient=4.0,
    ),
    "falls-risk": Behaviour(
        450,
        EVERY_DAY,
        0.06,
        0.78,
        1.5,
        {
            "mobility_score": Numeric(17.0, 5.0, 0.0, 30.0, -0.6, 0.02, 0),
            "sedatives": Numeric(1.6, 1.0, 0.0, 15.0, 0.4, 0.01, 0, "lognormal"),
        },
        {"ward_type": {"medical": 0.5, "surgical": 0.3, "geriatric": 0.2}},
        cases_per_patient=4.0,
    ),
    "readmission-risk": Behaviour(
        130,
        EVERY_DAY,
        0.16,
        0.70,
        1.0,
        {
            "length_of_stay_days": Numeric(4.5, 3.0, 1.0, 60.0, 0.3, 0.0, 0, "lognormal"),
            "prior_admissions": Numeric(1.4, 1.2, 0.0, 30.0, 0.4, 0.0, 0, "lognormal"),
        },
        {"discharge_service": {"medicine": 0.55, "surgery": 0.3, "cardiology": 0.15}},
        "weekly",
    ),
    "ambient-documentation": Behaviour(
        300,
        CLINIC,
        0.15,
        0.76,
        1.5,
        {
            "note_words": Numeric(540.0, 180.0, 60.0, 3000.0, 0.2, 0.0, 0, "lognormal"),
            "edit_share": Numeric(0.12, 0.07, 0.0, 0.95, 0.5, 0.02, 3, "lognormal"),
        },
        {
            "specialty": {
                "primary care": 0.5,
                "cardiology": 0.2,
                "orthopaedics": 0.2,
                "paediatrics": 0.1,
            }
        },
    ),
    "no-show": Behaviour(
        600,
        CLINIC,
        0.18,
        0.75,
        0.3,
        {
            "lead_days": Numeric(24.0, 18.0, 1.0, 300.0, 0.3, 0.0, 0, "lognormal"),
            "prior_no_shows": Numeric(0.8, 1.0, 0.0, 30.0, 0.5, 0.0, 0, "lognormal"),
        },
        {"clinic": {"medicine": 0.45, "surgery": 0.2, "dermatology": 0.15, "eye": 0.2}},
    ),
    "length-of-stay": Behaviour(
        130,
        EVERY_DAY,
        0.5,
        0.9,
        0.5,
        {
            "age_years": Numeric(61.0, 17.0, 18.0, 101.0, 0.0, 0.0, 0),
            "acuity": Numeric(11.0, 4.0, 0.0, 30.0, 0.4, 0.01, 0),
        },
        {"admission_source": {"emergency": 0.6, "elective": 0.3, "transfer": 0.1}},
    ),
}

PEOPLE: Mapping[str, Mapping[str, float]] = {
    "sex": {"F": 0.53, "M": 0.47},
    "age_band": {"18-44": 0.24, "45-64": 0.33, "65-79": 0.29, "80+": 0.14},
    "site": {"Main": 0.6, "North": 0.25, "Lakefront": 0.15},
    "language": {"English": 0.72, "Spanish": 0.2, "other": 0.08},
    "insurance": {"commercial": 0.42, "Medicare": 0.38, "Medicaid": 0.16, "none": 0.04},
    "ethnicity": {"White": 0.5, "Black": 0.2, "Hispanic": 0.2, "Asian": 0.1},
}
"""Shares of the population served, by subgroup column."""
