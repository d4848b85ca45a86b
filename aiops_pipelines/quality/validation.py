"""Runs a Great Expectations suite on a table and hands on figures, never values.

Great Expectations takes seconds to import, so it is imported here at the first run, not when the
code location loads. Its telemetry is off.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import Area, System
from aiops_pipelines.statistics import Estimate, proportion
from aiops_pipelines.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation's outcome: what was expected where, of how many rows, how many broke it."""

    rule: str
    column: str | None
    expectation: str
    passed: bool
    critical: bool
    rows: int
    broken: int | None
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """A suite's outcomes, and Great Expectations' own result for its page; None of no rows."""

    outcomes: list[Expected]
    result: Any = None


def validate_predictions(system: System, table: pa.Table) -> Validation:
    """Run the predictions' suite on a day's table; an empty table yields no outcome."""
    if table.num_rows == 0:
        return Validation([])
    from aiops_pipelines.quality.suites.own import own_expectations
    from aiops_pipelines.quality.suites.predictions import predictions_suite

    suite = predictions_suite(system, table.num_rows) + own_expectations(system, "predictions")
    return _validate(table, suite)


def validate_labels(system: System, table: pa.Table) -> Validation:
    """Run the labels' suite on a day's table; an empty table yields no outcome."""
    if table.num_rows == 0:
        return Validation([])
    from aiops_pipelines.quality.suites.labels import labels_suite
    from aiops_pipelines.quality.suites.own import own_expectations

    return _validate(table, labels_suite(system) + own_expectations(system, "labels"))


def quality_figures(
    outcomes: list[Expected], asset: str, system: System, day: date, as_of: date
) -> list[Figure]:
    """Return one figure an outcome: the share of rows that broke the rule, with its interval."""
    return [_figure(outcome, asset, system, day, as_of) for outcome in outcomes]


@cache
def _batch_definition() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("lake").add_dataframe_asset("day")
    return asset.add_batch_definition_whole_dataframe("whole")


_NO_VALUES = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
"""Counts only: no value of a row is to stand in a result, or in the page made from it."""


def _validate(table: pa.Table, expectations: list[Any]) -> Validation:
    definition = _batch_definition()
    import great_expectations as gx

    batch = definition.get_batch(batch_parameters={"dataframe": table.to_pandas()})
    suite = gx.ExpectationSuite(name="day", expectations=expectations)
    result = batch.validate(suite, result_format=_NO_VALUES)
    for item in result.results:
        # Great Expectations' page can't show numpy's numbers.
        observed = item.result.get("observed_value")
        if isinstance(observed, np.generic):
            item.result["observed_value"] = observed.item()
    outcomes = sorted(
        (_outcome(item, table.num_rows) for item in result.results),
        key=lambda outcome: (outcome.rule, outcome.column or ""),
    )
    return Validation(outcomes, result)


def _outcome(item: Any, rows: int) -> Expected:
    config = item.expectation_config
    kwargs: Mapping[str, Any] = config.kwargs
    exception = (item.exception_info or {}).get("exception_message")
    if exception:
        raise RuntimeError(f"{config.type} could not run: {exception}")
    broken = item.result.get("unexpected_count")
    return Expected(
        rule=config.type.removeprefix("expect_").replace("_", " "),
        column=kwargs.get("column") or " and ".join(_columns(kwargs)) or None,
        expectation=_wording(kwargs),
        passed=bool(item.success),
        critical=str(getattr(config.severity, "value", config.severity)) == "critical",
        rows=int(item.result.get("element_count", rows)),
        broken=None if broken is None else int(broken),
        blocks=bool((config.meta or {}).get("blocks")),
    )


def _columns(kwargs: Mapping[str, Any]) -> list[str]:
    pair = [kwargs[name] for name in ("column_A", "column_B") if name in kwargs]
    return pair or list(kwargs.get("column_list", []))


def _wording(kwargs: Mapping[str, Any]) -> str:
    bounds = [
        f"{name.replace('_', ' ')} {kwargs[name]:g}"
        for name in ("min_value", "max_value")
        if kwargs.get(name) is not None
    ]
    if "value_set" in kwargs:
        bounds.append("one of " + ", ".join(map(str, kwargs["value_set"])))
    if kwargs.get("mostly", 1) < 1:
        bounds.append(f"for at least {kwargs['mostly']:.0%} of rows")
    return ", ".join(bounds)


def _figure(outcome: Expected, asset: str, system: System, day: date, as_of: date) -> Figure:
    share = (
        Estimate.missing(outcome.rows, None, "count")
        if outcome.broken is None
        else proportion(outcome.broken, outcome.rows)
    )
    verdict = Verdict.OK
    if not outcome.passed:
        verdict = Verdict.BREACH if outcome.critical else Verdict.WARN
    broken = "" if outcome.broken is None else f": {outcome.broken} of {outcome.rows} rows break it"
    rule = " ".join(part for part in (outcome.rule, outcome.expectation) if part)
    where = f"{outcome.column}: " if outcome.column else ""
    return Figure(
        system=system.id,
        version=system.version_on(day),
        area=Area.DATA_QUALITY,
        asset=asset,
        metric=outcome.rule,
        feature=outcome.column,
        day=day,
        as_of=as_of,
        window=1,
        window_from=day,
        window_to=day,
        n=outcome.rows,
        n_positive=outcome.broken,
        estimate=share.value,
        low=share.low,
        high=share.high,
        method=f"Great Expectations; share of rows, {share.method}",
        verdict=verdict,
        reason=f"{where}{rule}{broken if not outcome.passed else ' holds'}",
    )
