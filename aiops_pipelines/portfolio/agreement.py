"""What the parts of a system's entry must agree on: names one part uses and another defines."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aiops_pipelines.portfolio.entry import Entry
from aiops_pipelines.portfolio.feed import Feed
from aiops_pipelines.portfolio.feed_parts import TableFeed
from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.vocabulary import Area, Task

PREDICTION_COLUMNS = (
    "case_id",
    "patient_id",
    "predicted_at",
    "received_at",
    "version",
    "score",
)
ADDED_COLUMNS = (
    "label",
    "decided_at",
    "label_received_at",
    "label_first_received_at",
    "source",
    "revision",
    "label_state",
    "file",
    "row",
)
"""What the lake adds to predictions: the label that counts, and where the row was read."""
LABEL_COLUMNS = ("case_id", "value", "decided_at", "received_at", "source", "reader", "revision")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that does not fit, and the field where it stands."""

    where: tuple[int | str, ...]
    words: str


class DisagreementError(ValueError):
    """The parts of an entry do not fit together; the text names each field."""

    def __init__(self, disagreements: Sequence[Disagreement]) -> None:
        super().__init__(
            "\n".join(f"{'.'.join(map(str, each.where))}: {each.words}" for each in disagreements)
        )
        self.disagreements = tuple(disagreements)


def disagreements(system: Entry) -> Iterator[Disagreement]:
    """Yield everything in `system` that contradicts another part of it."""
    yield from _names(system)
    yield from _mapping(
        system.predictions,
        "predictions",
        {*PREDICTION_COLUMNS, *_watched(system)},
        _needed_of_predictions(system),
    )
    yield from _mapping(system.labels, "labels", set(LABEL_COLUMNS), _needed_of_labels(system))
    for number, limit in enumerate(system.limits):
        yield from _limit(system, limit, ("limits", number))
    yield from _expectations(system)
    yield from _truth(system)
    yield from _service(system)
    yield from _contract(system)
    yield from _dates(system)


def _watched(system: Entry) -> list[str]:
    return [feature.name for feature in system.features] + list(system.subgroups)


def _names(system: Entry) -> Iterator[Disagreement]:
    """Features and subgroups are columns beside our own: each name stands for one thing."""
    features = [feature.name for feature in system.features]
    for where, names in (("features", features), ("subgroups", system.subgroups)):
        for name in _repeated(names):
            yield Disagreement((where,), f"{name} is listed twice")
        for name in sorted(set(names) & {*PREDICTION_COLUMNS, *ADDED_COLUMNS}):
            yield Disagreement((where,), f"{name} is a column of every system; take another name")


def _needed_of_predictions(system: Entry) -> list[str]:
    dated = [] if _is_archive(system.predictions) else ["predicted_at"]
    return ["case_id", "score", *dated, *_watched(system)]


def _needed_of_labels(system: Entry) -> list[str]:
    sources = ["source"] if len(system.truth.sources) > 1 else []
    readers = ["reader"] if system.truth.adjudication is not None else []
    return ["case_id", "value", *sources, *readers]


def _is_archive(feed: Feed) -> bool:
    return isinstance(feed, TableFeed) and feed.days is not None


def _mapping(
    feed: Feed, name: str, known: Collection[str], needed: Iterable[str]
) -> Iterator[Disagreement]:
    for column in feed.columns:
        if column not in known:
            words = f"the system does not have this; known: {', '.join(sorted(known))}"
            yield Disagreement((name, "columns", column), words)
    for part, codes in (("values", feed.values), ("missing", feed.missing)):
        for column in sorted(set(codes) - set(feed.columns)):
            words = f"codes of {column}, which is not among the `columns`"
            yield Disagreement((name, part, column), words)
    lacking = [column for column in dict.fromkeys(needed) if column not in feed.columns]
    if lacking:
        words = f"must say which column holds {', '.join(lacking)}"
        yield Disagreement((name, "columns"), words)


def _limit(system: Entry, limit: Limit, where: tuple[int | str, ...]) -> Iterator[Disagreement]:
    points = {point.name for point in system.output.operating_points}
    features = {feature.name for feature in system.features} | {"score", "*"}
    metric = limit.metric
    if system.output.task not in limit.definition.tasks:
        yield Disagreement(where, f"{metric} does not fit a {system.output.task} output")
    if limit.operating_point is not None and limit.operating_point not in points:
        yield Disagreement(where, f"unknown operating point {limit.operating_point!r}")
    if limit.feature is not None and limit.feature not in features:
        yield Disagreement(where, f"unknown feature {limit.feature!r}")
    if limit.subgroup not in {None, "*", *system.subgroups}:
        yield Disagreement(where, f"unknown subgroup {limit.subgroup!r}")
    if limit.definition.area is Area.BIAS and limit.subgroup is None:
        yield Disagreement(where, f"{metric} needs a `subgroup` (a name or '*')")
    if limit.definition.per == "feature" and limit.feature is None:
        yield Disagreement(where, f"{metric} needs a `feature` (a name or '*')")


def _expectations(system: Entry) -> Iterator[Disagreement]:
    taken = {
        "predictions": {*PREDICTION_COLUMNS, *_watched(system)} - {"patient_id"},
        "labels": set(LABEL_COLUMNS) - {"case_id"},
    }
    for number, entry in enumerate(system.quality):
        if entry.column is not None and entry.column not in taken[entry.feed]:
            known = ", ".join(sorted(taken[entry.feed]))
            words = f"{entry.feed} have no column {entry.column!r}; known: {known}"
            yield Disagreement(("quality", number), words)


def _truth(system: Entry) -> Iterator[Disagreement]:
    points = {point.name for point in system.output.operating_points}
    if system.truth.adjudication is not None and system.output.task is Task.REGRESSION:
        words = "numbers are not put to a vote: drop `adjudication`"
        yield Disagreement(("truth", "adjudication"), words)
    if system.truth.operating_point not in {None, *points}:
        words = f"unknown operating point {system.truth.operating_point!r}"
        yield Disagreement(("truth", "operating_point"), words)


def _service(system: Entry) -> Iterator[Disagreement]:
    if system.service is None and system.contract and system.contract.service_clauses:
        words = "service clauses need the feed `service`"
        yield Disagreement(("contract", "service_clauses"), words)
    if system.service is not None and not {"event", "at"} <= set(system.service.columns):
        yield Disagreement(("service", "columns"), "need event and at")


def _contract(system: Entry) -> Iterator[Disagreement]:
    if system.contract is None:
        return
    points = {point.name for point in system.output.operating_points}
    for number, clause in enumerate(system.contract.clauses):
        where = ("contract", "clauses", number)
        yield from _limit(system, clause, where)
        if clause.stratum and clause.stratum.split("=")[0] not in system.subgroups:
            yield Disagreement(where, f"unknown subgroup in {clause.stratum!r}")
    for number, claim in enumerate(system.contract.claims):
        if system.output.task is not Task.BINARY or claim.operating_point not in points:
            words = "a claim needs a binary output and one of its operating points"
            yield Disagreement(("contract", "claims", number), words)


def _dates(system: Entry) -> Iterator[Disagreement]:
    starts = [version.start for version in system.versions]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        yield Disagreement(("versions",), "must be in order of their dates, one a day")
    if system.lifecycle.next_review < system.lifecycle.go_live:
        words = "must not lie before `go_live`"
        yield Disagreement(("lifecycle", "next_review"), words)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
