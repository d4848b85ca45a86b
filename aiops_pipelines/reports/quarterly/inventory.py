"""Sections on the inventory: what runs, at what risk, what changed, how well it is watched."""

from collections.abc import Sequence

from aiops_pipelines.portfolio import Area, Portfolio, RiskTier, Stage, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.quarterly.decisions import unknown_versions
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter
from aiops_pipelines.reports.quarterly.layout import Section, Table
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.reports.view import TIER_WORDS
from aiops_pipelines.verdict import Verdict

REVIEW_AHEAD_DAYS = 90


def portfolio_section(portfolio: Portfolio, quarter: Quarter) -> Section:
    """Return the inventory by tier and stage, and each system's line."""
    return Section(
        id="portfolio",
        title="The portfolio",
        paragraphs=(
            f"{wording.plural(len(portfolio.systems), 'system')} on record, "
            f"{len(portfolio.monitored)} of them monitored (pilot, live or restricted). The risk "
            "tier follows from autonomy, possible harm and the number of cases a year.",
            *_problems(portfolio),
        ),
        tables=(_tiers(portfolio.systems), _inventory(portfolio.systems, quarter)),
    )


def _tiers(systems: Sequence[System]) -> Table:
    rows = tuple(
        (
            TIER_WORDS[tier],
            *(
                str(sum(s.tier is tier and s.lifecycle.stage is stage for s in systems))
                for stage in Stage
            ),
            str(sum(system.tier is tier for system in systems)),
        )
        for tier in RiskTier
    )
    return Table(
        "Systems by risk tier and stage, number of systems",
        ("Risk tier", *(stage.value for stage in Stage), "all"),
        rows,
        frozenset(range(1, len(Stage) + 2)),
    )


def _inventory(systems: Sequence[System], quarter: Quarter) -> Table:
    rows = tuple(
        (
            system.name,
            system.vendor.name,
            system.version_on(quarter.last) or "none yet",
            TIER_WORDS[system.tier],
            system.lifecycle.stage.value,
            wording.day_text(system.lifecycle.go_live),
        )
        for system in sorted(systems, key=lambda system: system.tier)
    )
    return Table(
        "Every system, the highest risk first",
        ("System", "Vendor", "Version", "Risk tier", "Stage", "In use since"),
        rows,
        widths=("28%", "20%", "9%", "16%", "10%", "17%"),
    )


def _problems(portfolio: Portfolio) -> tuple[str, ...]:
    if not portfolio.problems:
        return ()
    count = wording.plural(len(portfolio.problems), "problem")
    return (f"The portfolio has {count} that keep systems out of this report.",)


def coverage_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return how much of the portfolio was watched, and with which labels."""
    mature = sum(has_mature_labels(each) for each in systems)
    judged = sum(each.nights > 0 for each in systems)
    rows = tuple(
        (
            each.system.name,
            f"{each.nights} of {quarter.nights}",
            *_labels(each),
            LOOKS[each.areas[Area.PERFORMANCE].verdict],
        )
        for each in systems
    )
    return Section(
        id="coverage",
        title="Coverage",
        paragraphs=(
            f"{judged} of {wording.plural(len(systems), 'monitored system')} had at least one "
            f"night evaluated; {mature} had performance measured on mature labels at the end.",
        ),
        tables=(
            Table(
                f"Nights evaluated and label maturity, {quarter.name}",
                (
                    "System",
                    "Nights evaluated",
                    "Mature cases",
                    "Pending cases",
                    "Window",
                    "Performance",
                ),
                rows,
                frozenset({1, 2, 3}),
                ("30%", "14%", "14%", "14%", "12%", "16%"),
            ),
        ),
    )


def has_mature_labels(each: SystemQuarter) -> bool:
    """Return whether the system's performance was measured on enough mature labels at the end."""
    main = each.main
    return (
        main is not None
        and main.estimand == "measured"
        and main.estimate is not None
        and main.verdict is not Verdict.INSUFFICIENT_DATA
    )


def _labels(each: SystemQuarter) -> tuple[str, str, str]:
    main = each.main
    if main is None or main.n_mature is None or main.n_pending is None:
        return ("not known", "not known", "")
    return (_count(main.n_mature), _count(main.n_pending), f"{main.window} days")


def _count(count: int) -> str:
    return "under 11" if 0 < count < 11 else f"{count:,}"


def changes_section(
    portfolio: Portfolio, quarter: Quarter, systems: Sequence[SystemQuarter]
) -> Section:
    """Return what vendors and the hospital changed in the quarter."""
    rows = [
        (system.name, wording.day_text(version.start), f"version {version.version}", version.note)
        for system in portfolio.systems
        for version in system.versions[1:]
        if quarter.start <= version.start <= quarter.last
    ]
    rows += [
        (system.name, wording.day_text(system.lifecycle.go_live), "went into use", "")
        for system in portfolio.systems
        if quarter.start <= system.lifecycle.go_live <= quarter.last
    ]
    rows += [
        (each.system.name, "in the quarter", version, "not known to the portfolio: unannounced?")
        for each in systems
        for version in unknown_versions(each)
    ]
    return Section(
        id="changes",
        title="Changes by vendors and of the inventory",
        tables=(
            Table(
                f"Changes in {quarter.name}",
                ("System", "Day", "What", "Note"),
                tuple(rows),
                widths=("30%", "18%", "22%", "30%"),
                empty="No version change, and no system went into use.",
            ),
        ),
    )


def reviews_section(portfolio: Portfolio, quarter: Quarter) -> Section:
    """Return the reviews that are overdue or fall due within 90 days."""
    due = sorted(
        (
            system
            for system in portfolio.monitored
            if (system.lifecycle.next_review - quarter.known_by).days <= REVIEW_AHEAD_DAYS
        ),
        key=lambda system: system.lifecycle.next_review,
    )
    rows = tuple(
        (
            system.name,
            TIER_WORDS[system.tier],
            wording.day_text(system.lifecycle.next_review),
            _lateness((quarter.known_by - system.lifecycle.next_review).days),
            system.owners.clinical,
        )
        for system in due
    )
    return Section(
        id="reviews",
        title="Reviews",
        tables=(
            Table(
                f"Reviews overdue or due within 90 days of {wording.day_text(quarter.known_by)}",
                ("System", "Risk tier", "Due", "State", "Owner"),
                rows,
                widths=("30%", "16%", "17%", "20%", "17%"),
                empty="No review is overdue or due within 90 days.",
            ),
        ),
    )


def _lateness(days: int) -> str:
    return (
        f"overdue by {wording.plural(days, 'day')}"
        if days > 0
        else f"in {wording.plural(-days, 'day')}"
    )
