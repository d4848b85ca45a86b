"""What the executives are asked to decide: one row a matter, the gravest system first.

Rules, in order: a clause in breach asks for its remedy; a breach of performance, calibration,
bias or drift asks whether the system goes on; a breach of integrity or data quality asks for
repair; too little data asks for labels or an accepted risk; an overdue review asks for a date; a
version that the portfolio does not know asks for an explanation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiops_pipelines.portfolio import Area, RiskTier, Stage, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.contract_view import remedy_text
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter, attainment
from aiops_pipelines.verdict import Verdict

_CLINICAL = (Area.PERFORMANCE, Area.CALIBRATION, Area.BIAS, Area.DRIFT)
_TECHNICAL = (Area.INTEGRITY, Area.DATA_QUALITY)


@dataclass(frozen=True, slots=True)
class Decision:
    """One matter: for whom, about which system, what is asked, and on what ground."""

    system: str
    tier: RiskTier
    owner: str
    question: str
    ground: str


def decisions(quarter: Quarter, systems: Sequence[SystemQuarter]) -> list[Decision]:
    """Return everything to be decided, by risk tier, then in the portfolio's order."""
    found = [decision for each in systems for decision in _of_system(each)]
    found += _reviews(quarter, [each.system for each in systems])
    return sorted(found, key=lambda decision: decision.tier)


def _reviews(quarter: Quarter, systems: Sequence[System]) -> Iterator[Decision]:
    """Yield one matter for all overdue reviews that the same executive answers for."""
    overdue = [s for s in systems if s.lifecycle.next_review <= quarter.known_by]
    for owner in dict.fromkeys(system.owners.executive for system in overdue):
        own = sorted((s for s in overdue if s.owners.executive == owner), key=lambda s: s.tier)
        oldest = min(system.lifecycle.next_review for system in own)
        several = len(own) > 1
        yield Decision(
            system=f"{own[0].name} and {len(own) - 1} more" if several else own[0].name,
            tier=own[0].tier,
            owner=owner,
            question="Hold the overdue reviews: when?" if several else "Hold the review: when?",
            ground=f"{wording.plural(len(own), 'review')} overdue, the oldest since "
            f"{wording.day_text(oldest)}; see Reviews.",
        )


def _of_system(each: SystemQuarter) -> Iterator[Decision]:
    system = each.system
    yield from _clauses(each)
    grave = [area for area in _CLINICAL if each.areas[area].verdict is Verdict.BREACH]
    if grave:
        yield _decision(
            system,
            system.owners.clinical,
            "Go on, restrict its use, or pause it until the cause is found?",
            f"{_named(grave)} in breach at the quarter's end.",
        )
    broken = [area for area in _TECHNICAL if each.areas[area].verdict is Verdict.BREACH]
    if broken:
        yield _decision(
            system,
            system.owners.technical,
            "Who repairs the feed, and by when?",
            f"{_named(broken)} in breach at the quarter's end.",
        )
    yield from _blind(each)
    unknown = unknown_versions(each)
    if unknown:
        yield _decision(
            system,
            system.owners.technical,
            f"Ask {system.vendor.name} for notice of the change, or correct the portfolio?",
            f"Output came from {wording.listed(unknown)}, which the portfolio does not know.",
        )


def _clauses(each: SystemQuarter) -> Iterator[Decision]:
    system = each.system
    contract = system.contract
    for clause in contract.remediable if contract else ():
        kept, judged = attainment(each.tables[Area.SLA], clause.id)
        if kept < judged:
            yield _decision(
                system,
                system.owners.executive,
                f"Claim the remedy of {clause.id} from {system.vendor.name}?",
                f"In breach on {judged - kept} of {wording.plural(judged, 'night')} judged; on "
                f"breach: {remedy_text(clause)}.",
            )


def _blind(each: SystemQuarter) -> Iterator[Decision]:
    system = each.system
    if each.last is None:
        yield _decision(
            system,
            system.owners.executive,
            "Run it unwatched, or pause it until monitoring works?",
            "Not one night of the quarter was evaluated.",
        )
        return
    main = each.main
    if main is None or main.verdict is Verdict.INSUFFICIENT_DATA or main.estimand != "measured":
        stage = "live" if system.lifecycle.stage is Stage.LIVE else "in use"
        yield _decision(
            system,
            system.owners.clinical,
            "Pay for more labels, or accept that its performance is unknown?",
            f"It is {stage}, and too few mature labels exist to judge it.",
        )


def unknown_versions(each: SystemQuarter) -> list[str]:
    """Return the versions seen in the quarter that the portfolio does not list."""
    known = {version.version for version in each.system.versions}
    seen = {
        version
        for table in each.tables.values()
        for version in table["version"].unique().to_pylist()
        if version is not None
    }
    return [f"version {version}" for version in sorted(seen - known)]


def _decision(system: System, owner: str, question: str, ground: str) -> Decision:
    return Decision(system.name, system.tier, owner, question, ground)


def _named(areas: Sequence[Area]) -> str:
    text = wording.listed([area.value for area in areas])
    return text[0].upper() + text[1:]
