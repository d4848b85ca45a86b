"""Draws one day's cases of one system: people, inputs, score, truth, and when it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import cos, log, pi, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.simulation.behaviour import BEHAVIOURS, PEOPLE, Behaviour, Numeric
from aiops_pipelines.simulation.faults import Fault

IntArray = np.ndarray[Any, np.dtype[np.int64]]
FloatArray = np.ndarray[Any, np.dtype[np.float64]]

POOL_DAYS = 60
"""The people served are as many as this many days' cases, so that patients come again."""

GRADES = (0.35, 0.2, 0.17, 0.12, 0.09, 0.07)
GRADE_ERRORS = {-2: 0.02, -1: 0.12, 0: 0.72, 1: 0.11, 2: 0.03}
STAY_SHAPE, STAY_MEAN, STAY_NOISE = 3.2, 4.5, 0.38
CREEP_DAYS = 56


@dataclass(frozen=True, slots=True)
class Day:
    """A day's cases and their labels: frames with our names, times as hospital-local datetimes."""

    cases: pd.DataFrame
    labels: pd.DataFrame


def draw_day(system: System, day: date, seed: int, volume: float, fault: Fault | None) -> Day:
    """Return the cases of one day; the same for the same seed, whatever else is drawn."""
    key = sum(ord(letter) * 31**index for index, letter in enumerate(system.id)) % 2**32
    random = np.random.default_rng([seed, key, day.toordinal()])
    behaviour = BEHAVIOURS[system.id]
    cases = _people(system, day, random, behaviour, volume, (seed, key))
    cases["predicted_at"] = _times(day, len(cases), random)
    cases["version"] = system.version_on(day)
    truth, score = _outcomes(system, behaviour, cases, day, random, fault)
    cases["score"] = score
    _inputs(cases, system, behaviour, truth, random, fault)
    numbers = _padded(f"{key % 900 + 100}{day:%y%m%d}", np.arange(len(cases)), 5)
    cases.insert(0, "case_id", numbers)
    labels = _labels(system, behaviour, cases, truth, random, fault)
    return Day(_with_duplicates(cases, random), labels)


def _people(
    system: System,
    day: date,
    random: np.random.Generator,
    behaviour: Behaviour,
    volume: float,
    pool_seed: tuple[int, int],
) -> pd.DataFrame:
    season = 1 + 0.06 * cos(2 * pi * (day.timetuple().tm_yday - 15) / 365)
    mean = behaviour.volume * volume * season * behaviour.weekday[day.weekday()]
    n = int(random.poisson(mean))
    size = max(int(behaviour.volume * volume * POOL_DAYS / behaviour.cases_per_patient), 1)
    who = random.integers(0, size, n)
    columns = {"patient_id": _padded("P", who, 8)}
    for name, drawn in _pool(pool_seed, size).items():
        if name in system.subgroups:
            columns[name] = _words(list(PEOPLE[name]), drawn[who])
    return pd.DataFrame(columns)


@lru_cache(maxsize=1)
def _pool(seed: tuple[int, int], size: int) -> Mapping[str, IntArray]:
    """Return, for each person a system serves, the index of each subgroup; the last pool stays."""
    random = np.random.default_rng(seed)
    return {
        name: random.choice(len(PEOPLE[name]), size, p=list(PEOPLE[name].values()))
        for name in sorted(PEOPLE)
    }


def _padded(prefix: str, numbers: IntArray, digits: int) -> "pd.Series[str]":
    """Return each of `numbers` (n,) with leading zeros after `prefix`."""
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pd.Series(pc.binary_join_element_wise(prefix, padded, ""), dtype="str")


def _words(values: Sequence[str], drawn: IntArray) -> "pd.Series[str]":
    return pd.Series(pa.array(values, pa.string()).take(pa.array(drawn)), dtype="str")


def _times(day: date, n: int, random: np.random.Generator) -> pd.DatetimeIndex:
    """Return times of day, most of them in working hours, never in an hour a clock may skip."""
    hours = np.clip(random.normal(13.0, 4.0, n), 4.0, 23.5)
    return pd.Timestamp(day) + pd.to_timedelta((hours * 3600).astype(np.int64), unit="s")


def _outcomes(
    system: System,
    behaviour: Behaviour,
    cases: pd.DataFrame,
    day: date,
    random: np.random.Generator,
    fault: Fault | None,
) -> tuple[FloatArray, FloatArray]:
    n = len(cases)
    if system.output.task is Task.ORDINAL:
        grade = random.choice(len(GRADES), n, p=GRADES)
        error = random.choice(list(GRADE_ERRORS), n, p=list(GRADE_ERRORS.values()))
        score = np.clip(grade + error, 0, len(GRADES) - 1)
        return grade.astype(np.float64), np.asarray(score, dtype=np.float64)
    if system.output.task is Task.REGRESSION:
        predicted = random.gamma(STAY_SHAPE, STAY_MEAN / STAY_SHAPE, n)
        noise = np.exp(random.normal(-(STAY_NOISE**2) / 2, STAY_NOISE, n))
        stays: FloatArray = np.round(predicted * noise, 2)
        return stays, np.asarray(np.round(np.clip(predicted, 0, 60), 2), dtype=np.float64)
    truth: FloatArray = (random.random(n) < behaviour.prevalence).astype(np.float64)
    logit = _logits(behaviour, truth, cases, day, random, fault)
    return truth, np.round(1 / (1 + np.exp(-logit)), 6)


def _logits(
    behaviour: Behaviour,
    truth: FloatArray,
    cases: pd.DataFrame,
    day: date,
    random: np.random.Generator,
    fault: Fault | None,
) -> FloatArray:
    """Return the scores' logits: calibrated with the stated AUROC, but for the fault."""
    prior = log(behaviour.prevalence / (1 - behaviour.prevalence))
    spread = _distance(behaviour.auroc)
    kind = fault.kind if fault else None
    size = fault.magnitude if fault else 0.0
    separation = spread * _distance(size) if kind == "concept drift" else spread**2
    logit = prior + (truth - 0.5) * separation + spread * random.normal(size=len(truth))
    if kind == "missed positives creep" and fault is not None:
        logit -= truth * size * min((day - fault.start).days / CREEP_DAYS, 1.0)
    elif kind == "subgroup degrades":
        logit -= truth * size * (cases["language"] == "Spanish").to_numpy()
    elif kind == "miscalibration":
        logit = prior + size * (logit - prior) + 0.5
    elif kind == "scanner replacement":
        logit += 0.4
    return np.asarray(logit, dtype=np.float64)


def _distance(auroc: float) -> float:
    """Return d', the distance of positives from negatives in standard deviations."""
    return sqrt(2) * NormalDist().inv_cdf(auroc)


def _inputs(
    cases: pd.DataFrame,
    system: System,
    behaviour: Behaviour,
    truth: FloatArray,
    random: np.random.Generator,
    fault: Fault | None,
) -> None:
    ill = truth / max(float(truth.max(initial=1.0)), 1.0)
    for feature in system.features:
        if feature.kind == "numeric":
            cases[feature.name] = _numbers(behaviour.numeric[feature.name], ill, random)
        else:
            shares = behaviour.categories[feature.name]
            drawn = random.choice(len(shares), len(cases), p=list(shares.values()))
            cases[feature.name] = _words(list(shares), drawn)
    if fault is not None and fault.kind == "unit error":
        cases["lactate_mmol_l"] = (cases["lactate_mmol_l"] * fault.magnitude).round(1)
    if fault is not None and fault.kind == "scanner replacement":
        cases["scanner"] = cases["scanner"].replace("MX-2", "MX-3")
        denser = cases["breast_density_percent"] + fault.magnitude
        cases["breast_density_percent"] = denser.clip(upper=97.0).round(1)


def _numbers(numeric: Numeric, ill: FloatArray, random: np.random.Generator) -> FloatArray:
    standard = random.normal(size=len(ill)) + numeric.shift * ill
    if numeric.shape == "lognormal":
        width = sqrt(log(1 + (numeric.sd / numeric.mean) ** 2))
        values = np.exp(log(numeric.mean) - width**2 / 2 + width * standard)
    else:
        values = numeric.mean + numeric.sd * standard
    values = np.round(np.clip(values, numeric.low, numeric.high), numeric.decimals)
    values[random.random(len(ill)) < numeric.missing] = np.nan
    return np.asarray(values, dtype=np.float64)


def _labels(
    system: System,
    behaviour: Behaviour,
    cases: pd.DataFrame,
    truth: FloatArray,
    random: np.random.Generator,
    fault: Fault | None,
) -> pd.DataFrame:
    n = len(cases)
    delay = random.gamma(2.0, behaviour.label_days / 2.0, n)
    if system.output.task is Task.REGRESSION:
        delay = delay + truth
    source = system.truth.sources[0]
    if fault is not None and fault.kind == "label source":
        source = "billing"
    labels = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "value": truth,
            "decided_at": cases["predicted_at"] + pd.to_timedelta(delay * 24, unit="h").round("s"),
            "source": source,
            "reader": [f"R{reader:02d}" for reader in random.integers(1, 9, n)],
            "revision": 0,
        }
    )[_verified(system, cases, random)]
    labels = _with_revisions(labels, system, random)
    labels["received_at"] = _received(labels["decided_at"], behaviour)
    return labels


def _verified(
    system: System, cases: pd.DataFrame, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which cases get their truth at all, by the portfolio's verification scheme."""
    rule = system.truth
    drawn = random.random(len(cases)) < (rule.audit_fraction or 1.0)
    if rule.scheme != "partial":
        return drawn
    points = {point.name: point.threshold for point in system.output.operating_points}
    return np.asarray(drawn | (cases["score"] >= points[str(rule.operating_point)]))


def _with_revisions(
    labels: pd.DataFrame, system: System, random: np.random.Generator
) -> pd.DataFrame:
    """Add a second opinion on 1.5% of labels, days later.

    It overturns half of the positives but few of the negatives: where positives are rare, random
    new ones would drown the true.
    """
    chosen = random.random(len(labels)) < 0.015
    again = labels[chosen].copy()
    overturned = random.random(len(again)) < np.where(again["value"] == 1, 0.5, 0.02)
    if system.output.task is Task.BINARY:
        again["value"] = np.where(overturned, 1 - again["value"], again["value"])
    again["revision"] = 1
    later = pd.to_timedelta(random.integers(24, 120, len(again)), unit="h")
    again["decided_at"] = again["decided_at"] + later
    return pd.concat([labels, again], ignore_index=True)


def _received(decided: "pd.Series[pd.Timestamp]", behaviour: Behaviour) -> pd.DatetimeIndex:
    """Return when the hospital's interface delivered: the next night, or the next Monday night."""
    times = pd.DatetimeIndex(decided)
    delivery = times.normalize() + timedelta(hours=23, minutes=30)
    delivered = delivery.where(delivery >= times, delivery + timedelta(days=1))
    if behaviour.batch == "weekly":
        delivered += pd.to_timedelta((7 - delivered.weekday) % 7, unit="D")
    return delivered


def _with_duplicates(cases: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Repeat a few rows, as interfaces do when they resend."""
    again = cases[random.random(len(cases)) < 0.002]
    return pd.concat([cases, again], ignore_index=True)
