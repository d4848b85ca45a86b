"""Reads what an AI system said: one hospital-local day of predictions, through the rules.

A row is refused if its case_id, score or times are missing or unreadable, its score is outside the
output's bounds or not one of its classes, it was not made on the day of its file, or it was
received more than ten minutes before it was made (clocks differ a little, time zones by more).
Where the score is one of the feed's codes for "no value" the system made no prediction: such a row
is set aside under a rule of its own. Of several rows for a case the one last received counts. A
numeric feature that is not a number is taken as missing: the prediction was made and must count.
"""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from aiops_pipelines.feeds.arrivals import UTC, WATCH, arrival_days, corrects, files_arrived
from aiops_pipelines.feeds.batch import FeedBatch
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.days import DaySpan, day_span
from aiops_pipelines.feeds.formulas import plain_text
from aiops_pipelines.feeds.gather import FeedShape, gather
from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.feeds.raw_file import Block
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.feeds.values import Columns, Instants, Numbers, positions_in
from aiops_pipelines.portfolio import Output, System
from aiops_pipelines.schema import predictions_schema

_CLOCK_TOLERANCE_US = 10 * 60 * 1_000_000


def read_predictions(
    system: System,
    day: date,
    root: UPath,
    pseudonym: Pseudonymiser,
    zone: ZoneInfo,
    watch: Watch = WATCH,
) -> FeedBatch:
    """Return all predictions of `system` on `day` in `zone`; schema `predictions_schema(system)`.

    `root` is the folder the feed's `path` is relative to, `watch` the clock by which files are
    settled. A day on which nothing came gives an empty batch without files.

    Raises:
        FeedError: the feed's folder, archive or database can't be read, or a file is still
            being written.
        ConfigurationError: the environment variable with the database's URL is not set.
    """
    judge = partial(_judge, system=system, span=day_span(day, zone))
    files = files_arrived(system, "predictions", day, root, zone, watch)
    return gather(prediction_shape(system), files, judge, pseudonym)


def prediction_shape(system: System) -> FeedShape:
    """Return what predictions become: one row a case, of the schema `predictions_schema`."""
    schema = predictions_schema(system)
    content = [name for name in schema.names if name not in {"case_id", "received_at"}]
    corrected = ["case_id"] if corrects(system.predictions) else []
    return FeedShape("predictions", schema, ["case_id"], content, Rule.CONFLICTING_CASE, corrected)


def prediction_arrivals(system: System, root: UPath, zone: ZoneInfo = UTC) -> list[date]:
    """Return the days for which predictions have arrived, in order; FeedError as reading does."""
    return arrival_days(system, "predictions", root, zone)


def _judge(block: Block, sieve: Sieve, *, system: System, span: DaySpan) -> pa.Table:
    columns = Columns(block.columns, system.predictions, block.row_numbers.size)
    case_id = columns.text("case_id")
    sieve.refuse(pc.is_null(case_id).to_numpy(False), Rule.CASE_MISSING, "case_id", "missing")
    found = {
        "case_id": case_id,
        "patient_id": columns.text("patient_id"),
        "version": plain_text(columns, "version", sieve),
        "score": pa.array(_score(columns, system.output, sieve)),
        **_times(columns, span, sieve),
    }
    for feature in system.features:
        if feature.kind == "numeric":
            found[feature.name] = _numeric_feature(columns, feature.name, sieve)
    names = predictions_schema(system).names
    words = {name: plain_text(columns, name, sieve) for name in names if name not in found}
    return pa.table({name: (found | words)[name] for name in names})


def _score(columns: Columns, output: Output, sieve: Sieve) -> np.ndarray:
    declared = columns.declared_missing("score")
    sieve.refuse(declared, Rule.NOT_SCORED, "score", "code for no score")
    if output.classes:
        score = positions_in(columns.text("score"), output.classes)
        sieve.refuse(score.missing, Rule.SCORE_MISSING, "score", "missing")
        sieve.refuse(score.unreadable, Rule.UNKNOWN_CLASS, "score", "text")
        return score.values
    score = columns.number("score")
    sieve.refuse(score.missing, Rule.SCORE_MISSING, "score", "missing")
    sieve.refuse(score.unreadable, Rule.SCORE_NOT_A_NUMBER, "score", "text")
    low, high = output.bounds
    sieve.refuse(score.values < low, Rule.SCORE_OUT_OF_BOUNDS, "score", f"number < {low:g}")
    sieve.refuse(score.values > high, Rule.SCORE_OUT_OF_BOUNDS, "score", f"number > {high:g}")
    return score.values


def _times(columns: Columns, span: DaySpan, sieve: Sieve) -> dict[str, pa.Array]:
    """Return when each prediction was made and received.

    Without a column the first is the start of the day (an archive), the second equals the first.
    """
    predicted = _instant(columns, "predicted_at", span.start, sieve)
    early, late = predicted.values < span.start, predicted.values >= span.end
    sieve.refuse(early, Rule.NOT_ON_ITS_DAY, "predicted_at", "before the day")
    sieve.refuse(late, Rule.NOT_ON_ITS_DAY, "predicted_at", "after the day")
    received = _instant(columns, "received_at", predicted.values, sieve)
    soon = received.values < predicted.values - _CLOCK_TOLERANCE_US
    sieve.refuse(soon, Rule.RECEIVED_BEFORE_PREDICTED, "received_at")
    return {"predicted_at": predicted.to_arrow(), "received_at": received.to_arrow()}


def _instant(columns: Columns, name: str, otherwise: int | np.ndarray, sieve: Sieve) -> Instants:
    never = np.zeros(columns.rows, bool)
    if name not in columns:
        return Instants(np.broadcast_to(np.int64(0) + otherwise, columns.rows), never, never)
    found = columns.instant(name)
    sieve.refuse(found.missing, Rule.TIME_MISSING, name, "missing")
    sieve.refuse(found.unreadable, Rule.TIME_UNREADABLE, name, "text")
    return found


def _numeric_feature(columns: Columns, name: str, sieve: Sieve) -> pa.Array:
    number: Numbers = columns.number(name)
    wrong = number.unreadable | np.isinf(number.values)
    sieve.note(wrong, Rule.FEATURE_NOT_A_NUMBER, name, "text")
    return pa.array(number.values, mask=wrong | number.missing)
