"""What else could explain the finding: each alternative, what speaks for or against it.

Nothing here proves a cause. What the data cannot tell is said as such.
"""

from collections.abc import Iterator
from datetime import timedelta

from aiops_pipelines.contracts.notice import CLAUSE as NOTICE
from aiops_pipelines.evaluation.explanation import NEAR_DAYS, PARTS, Explanation
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio.entry import Version
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.gather import ClauseEvidence, Era
from aiops_pipelines.reports.quarterly.layout import Section, Table
from aiops_pipelines.statistics.suppression import MINIMUM
from aiops_pipelines.verdict import Verdict

RULED_OUT, NOT_SUPPORTED = "ruled out", "not supported by the data"
POSSIBLE, OPEN = "possible in part", "cannot be ruled out"

_TWINS = {"false_negative_rate": "sensitivity", "sensitivity": "false_negative_rate"}
_EVENTS_TOLD, _NAMED = 4, 6

Row = tuple[str, str, str]


def alternatives_section(pack: ClauseEvidence) -> Section:
    """Return the alternatives, and what remains open."""
    rows = (
        _chance(pack),
        _labels(pack),
        *_mix(pack),
        _inputs(pack),
        _version(pack),
        _volume(pack),
        _feeds(pack),
    )
    return Section(
        id="alternatives",
        title="Other explanations",
        paragraphs=(_when(pack),),
        tables=(
            Table(
                "What else could be behind it",
                ("Alternative", "What was looked at", "Answer"),
                rows,
                widths=("19%", "61%", "20%"),
            ),
        ),
        points=tuple(_cannot_tell(pack)),
    )


def related(pack: ClauseEvidence, kind: str) -> list[Explanation]:
    """Return the night's explanations of the clause's figure, or of its complement."""
    metric = pack.row.metric.removesuffix("_gap")
    names = {metric, _TWINS.get(metric, metric)}
    point = pack.row.operating_point
    return [
        each
        for each in pack.explanations
        if each.kind == kind and each.metric in names and each.operating_point == point
    ]


def _when(pack: ClauseEvidence) -> str:
    change = next(iter(related(pack, "change")), None)
    if change is None:
        return (
            "No day of change was dated for this figure on this night: it is dated for figures of "
            "performance that warn or breach."
        )
    days = ""
    if change.first_day is not None and change.last_day is not None:
        days = f" between {_day(change)} (95% of the posterior)"
    if change.changed_on is None:
        return (
            f"When it changed: no single day stands out; if there was one, it lies{days}, or the "
            "change came gradually."
        )
    return (
        f"When it changed: {change.name} changed{days}, most likely on "
        f"{wording.day_text(change.changed_on)}. A gradual change looks like one in the middle."
    )


def _day(change: Explanation) -> str:
    assert change.first_day is not None and change.last_day is not None
    return f"{wording.day_text(change.first_day)} and {wording.day_text(change.last_day)}"


def _chance(pack: ClauseEvidence) -> Row:
    row, rule = pack.row, getattr(pack.clause, "evidence", "interval")
    # What is no rate has no alarm of its own in the ledger: its breach rests on one.
    alarm = row.alarm or (row.alarm is None and row.verdict is Verdict.BREACH)
    if rule == "sequential" and alarm:
        since = f" since {wording.day_text(row.alarm_since)}" if row.alarm_since else ""
        looked = (
            "The sequential test raises one false alarm in about ten years for a system exactly at "
            f"its limit, looked at every night; its alarm stands{since}."
        )
        return "Chance", looked, NOT_SUPPORTED
    if rule == "proof" and row.proven_since is not None:
        looked = (
            "Exactly at its limit a system is proven beyond it, at any time of the contract, with "
            f"a chance of 5%; it is since {wording.day_text(row.proven_since)}."
        )
        return "Chance", looked, NOT_SUPPORTED
    return "Chance", "No sequential test of this clause has raised an alarm.", OPEN


def _labels(pack: ClauseEvidence) -> Row:
    before, now = pack.reference, pack.recent
    rule = pack.system.truth
    name, defined = "Another source of labels", f"The truth is: {rule.truth}."
    if before is None or now is None or not before.sources or not now.sources:
        return name, f"{defined} No labelled cases of both periods are in the lake.", OPEN
    looked = f"{defined} Labels of the reference period: {_shares(before)}; now: {_shares(now)}."
    if set(before.sources) == set(now.sources) and len(now.sources) == 1:
        same = " One and the same source; whether it decides as before is not seen."
        return name, looked + same, f"a new source is {RULED_OUT}"
    return name, looked, OPEN


def _shares(era: Era) -> str:
    """Return the sources with whole percents, where no count under eleven follows from them."""
    whole = sum(era.sources.values())
    small = any(count < MINIMUM for count in era.sources.values())
    said = [
        source if small or len(era.sources) == 1 else f"{source} {count / whole:.0%}"
        for source, count in sorted(era.sources.items(), key=lambda each: (-each[1], each[0]))
    ]
    more = len(said) - _NAMED
    return wording.listed([*said[:_NAMED], f"{more} more"] if more > 0 else said)


def _mix(pack: ClauseEvidence) -> Iterator[Row]:
    """Yield how much of the change since the reference the mix of cases accounts for."""
    name = "Another mix of cases"
    parts = {each.name: each for each in related(pack, "part")}
    total = parts.get("total")
    if total is None or total.estimate is None:
        why = "The change was not split into parts for this figure on this night."
        if pack.system.truth.scheme == "partial":
            why = "Cases that are not flagged are verified in part, so the change cannot be split."
        yield name, why, OPEN
        return
    for part in ("mix_shared", "mix_new", "prevalence"):
        if part in parts:
            yield _part(parts[part], total)
    slices = [each.text for each in related(pack, "slice") if not each.suppressed]
    concept = parts.get("concept")
    if concept is not None:
        tail = f" Slices that add most: {'; '.join(slices)}." if slices else ""
        yield "The same cases fare differently", f"{concept.text}.{tail}", "this is the finding"


def _part(part: Explanation, total: Explanation) -> Row:
    name = {
        "mix_shared": "Another mix of the same groups",
        "mix_new": "Groups rare or unseen before",
        "prevalence": "The condition more or less common",
    }[part.name]
    looked = f"{total.text}; {PARTS[part.name]}: {part.text.rpartition(': ')[2]}."
    if part.low is None or part.high is None:
        return name, looked, OPEN
    if part.low <= 0 <= part.high:
        return name, looked, NOT_SUPPORTED
    same_way = (part.estimate or 0.0) * (total.estimate or 0.0) > 0
    return name, looked, POSSIBLE if same_way else NOT_SUPPORTED


def _inputs(pack: ClauseEvidence) -> Row:
    name = "Other inputs"
    judged = [
        each
        for each in pack.drift
        if each.feature and not each.background and each.verdict is not Verdict.NOT_JUDGED
    ]
    if not judged:
        return name, "No distribution of inputs was judged on this night.", OPEN
    off = sorted({_feature(pack, each) for each in judged if _off(each)})
    known = len({each.feature for each in judged})
    if off:
        more = [f"{len(off) - _NAMED} more"] if len(off) > _NAMED else []
        moved = wording.listed([*off[:_NAMED], *more])
        return name, f"Of {known} distributions judged, these moved: {moved}.", POSSIBLE
    unsure = sum(each.verdict is Verdict.INSUFFICIENT_DATA for each in judged)
    looked = f"None of {known} distributions of inputs and score moved beyond its limit"
    if unsure:
        return name, f"{looked}, but {unsure} could not be judged.", OPEN
    return name, f"{looked}. Inputs that are not recorded are not seen.", NOT_SUPPORTED


def _feature(pack: ClauseEvidence, figure: Figure) -> str:
    return wording.feature_title(figure.feature or "", pack.system)


def _off(figure: Figure) -> bool:
    return figure.verdict in {Verdict.WARN, Verdict.BREACH}


def _version(pack: ClauseEvidence) -> Row:
    name = "Another version"
    notice = next((each for each in pack.sla if each.clause == NOTICE), None)
    told = f" Versions that predictions name: {notice.reason}." if notice else ""
    since = pack.system.reference.start
    later = [each for each in pack.system.versions if since < each.start <= pack.night]
    if not later:
        silent = notice is None or notice.verdict is not Verdict.OK
        answer = OPEN if silent else f"a version with a name of its own is {RULED_OUT}"
        return name, f"No known version is newer than {wording.day_text(since)}.{told}", answer
    used = wording.listed(
        [f"{each.version} since {wording.day_text(each.start)}" for each in later]
    )
    change = next(iter(related(pack, "change")), None)
    looked = f"Came into use since the reference period began: version {used}.{told}"
    if change is None or change.first_day is None or change.last_day is None:
        return name, looked, OPEN
    before = [each for each in later if each.start <= change.last_day + timedelta(days=NEAR_DAYS)]
    if not before:
        after = f"{looked} All of it after the days of the change."
        return name, after, NOT_SUPPORTED
    days = [_distance(each, change) for each in before]
    nearest = before[days.index(min(days))].version
    said = f"{looked} Version {nearest} lies {wording.plural(min(days), 'day')} from the "
    return name, f"{said}days of the change (0: among them).", f"{OPEN}; the vendor is asked"


def _distance(version: Version, change: Explanation) -> int:
    """Return how many days a version's start lies outside the days of the change."""
    assert change.first_day is not None and change.last_day is not None
    return max((change.first_day - version.start).days, (version.start - change.last_day).days, 0)


def _volume(pack: ClauseEvidence) -> Row:
    before, now = pack.reference, pack.recent
    if before is None or now is None or not before.cases_a_day:
        return "Another volume", "Cases a day of both periods are not known.", OPEN
    moved = now.cases_a_day / before.cases_a_day - 1
    percent = f"{moved:+.0%}".replace("-", "\N{MINUS SIGN}")
    looked = (
        f"{before.cases_a_day:.0f} cases a day in the reference period, {now.cases_a_day:.0f} in "
        f"the window ({percent}). A rate does not rise with volume by itself; a large change "
        "may mean that other cases are sent."
    )
    return "Another volume", looked, NOT_SUPPORTED if abs(moved) < 0.2 else OPEN


def _feeds(pack: ClauseEvidence) -> Row:
    name = "Faults of feeds"
    change = next(iter(related(pack, "change")), None)
    if change is None or change.first_day is None or change.last_day is None:
        return name, "No day of change is known, so no faults near it are listed.", OPEN
    around = timedelta(days=NEAR_DAYS)
    first = change.first_day - around
    last = min(change.last_day + around, pack.night - timedelta(days=1))
    judged = sum(first <= day <= last for day in pack.feeds_judged_on)
    days = (last - first).days + 1
    looked = f"Integrity and data quality were judged on {judged} of {days} days near the change: "
    events = [each for each in related(pack, "event") if not each.name.startswith("version ")]
    if not events:
        found = "no breach" if judged else "nothing can be said"
        return name, f"{looked}{found}.", NOT_SUPPORTED if judged == days else OPEN
    named = wording.listed([f"{each.name} ({each.first_day})" for each in events[:_EVENTS_TOLD]])
    more = f" and {len(events) - _EVENTS_TOLD} more" if len(events) > _EVENTS_TOLD else ""
    return name, f"{looked}{named}{more}.", OPEN


def _cannot_tell(pack: ClauseEvidence) -> Iterator[str]:
    yield (
        "Cannot be told from these data: whether those who decide the truth decide as before, and "
        "changes of patients, scanners or workflow that no recorded input shows."
    )
    if pack.system.truth.scheme == "partial":
        yield (
            "The figure rests on an audit sample of cases that were not flagged: it holds as long "
            "as that sample is drawn at random, which the data cannot show."
        )
