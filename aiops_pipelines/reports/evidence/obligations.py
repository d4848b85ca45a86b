"""What the vendor claimed, what was owed in notice, what follows, and what is asked."""

from collections.abc import Iterator

from aiops_pipelines.contracts.notice import CLAUSE as NOTICE
from aiops_pipelines.portfolio import Claim
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.contract_view import remedy_text
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.quarterly.layout import Cell, Section, Table
from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.verdict import Verdict


def claims_section(pack: ClauseEvidence) -> Section:
    """Return the vendor's claims against local performance, and the duty of notice."""
    rows = tuple(row for claim in pack.contract.claims for row in _claim(pack, claim))
    notice = next((each for each in pack.sla if each.clause == NOTICE), None)
    said = "not evaluated on this night" if notice is None else notice.reason
    asked = wording.plural(pack.contract.change_notice_days, "day")
    return Section(
        id="claims",
        title="Claims and notice",
        paragraphs=(f"Notice of new versions ({asked} agreed): {said}.",),
        tables=(
            Table(
                "Claimed against local performance, two decimals",
                ("Claim", "Claimed", "Local less claimed", "95% interval", "Margin", "Verdict"),
                rows,
                frozenset({1, 2, 4}),
                ("36%", "10%", "16%", "17%", "9%", "12%"),
                empty="the contract states no claim, or none was evaluated on this night.",
            ),
        ),
    )


def _claim(pack: ClauseEvidence, claim: Claim) -> Iterator[tuple[Cell, ...]]:
    """Yield the claim's row; a local value with all its digits could tell counts."""
    figure = next((each for each in pack.sla if each.clause == claim.id), None)
    if figure is None:
        return
    title = f"{wording.metric_title(claim.metric)} at {claim.operating_point}; {claim.source}"
    look = LOOKS[figure.verdict]
    margin = f"{claim.margin:g}"
    if not figure.may_be_shown or None in (figure.estimate, figure.low, figure.high):
        yield title, "", wording.SUPPRESSED if not figure.may_be_shown else "", "", margin, look
        return
    gap, low, high = (_signed(each) for each in (figure.estimate, figure.low, figure.high))
    claimed = "" if figure.baseline is None else f"{figure.baseline:.2f}"
    yield title, claimed, gap, f"{low} to {high}", margin, look


def _signed(value: float | None) -> str:
    return f"{value or 0.0:+.2f}".replace("-", "\N{MINUS SIGN}")


def remedy_section(pack: ClauseEvidence) -> Section:
    """Return what follows from the contract with its working, and what the vendor is asked."""
    return Section(
        id="remedy",
        title="Remedy and requested action",
        paragraphs=(
            "These are computations to be checked against the contract's text, not legal advice. "
            f"What is asked of {pack.system.vendor.name} follows the table.",
        ),
        tables=(
            Table(
                "What the contract provides",
                ("Remedy", "Working"),
                tuple(_remedies(pack)),
                widths=("24%", "76%"),
                empty="the contract provides no remedy for this clause.",
            ),
        ),
        points=requests(pack),
    )


def _remedies(pack: ClauseEvidence) -> Iterator[tuple[str, str]]:
    owed = pack.entitlement
    if pack.clause is None:
        return
    yield "In a breach", remedy_text(pack.clause) + "."
    if owed is None:
        yield "Now", "No breach stands, so nothing is owed yet."
        return
    if pack.may_be_shown:
        yield "Service credit", f"{owed.credit.working}."
    else:
        amount = f"{owed.credit.amount:,.2f} {owed.credit.currency}"
        yield "Service credit", f"{owed.credit.percent:g}%: {amount}."
    for clock in owed.clocks:
        yield _sentence(clock.name), f"{_sentence(clock.words)}."
    yield (
        "Termination",
        ("The right to terminate has arisen." if owed.termination else _right(pack)),
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _right(pack: ClauseEvidence) -> str:
    assert pack.clause is not None and pack.entitlement is not None
    if pack.entitlement.termination:
        return "The right to terminate has arisen."
    if pack.clause.remedy.termination_right:
        return "A right to terminate arises when the cure period has ended and the breach stands."
    return "The clause gives no right to terminate."


def requests(pack: ClauseEvidence) -> tuple[str, ...]:
    """Return what the vendor is asked to do: nothing where the clause is met or not judged."""
    owed = pack.entitlement
    if pack.row.verdict in {Verdict.OK, Verdict.INSUFFICIENT_DATA}:
        return ()
    if pack.row.verdict is not Verdict.BREACH:
        return (
            "Say what changed on the vendor's side, and what keeps the clause from being breached.",
        )
    by = ""
    if owed is not None and owed.cure_by is not None:
        by = f" by {wording.day_text(pack.calendar.local_day(owed.cure_by))}"
    asked = [
        "Acknowledge the breach in writing, or name the figures that are disputed.",
        "Name the cause, with all changes of software, thresholds and infrastructure "
        "since the reference period.",
        f"Give a plan that brings the figure back within its limit{by}, and its evidence.",
    ]
    if owed is not None and owed.credit.amount:
        amount = f"{owed.credit.amount:,.2f} {owed.credit.currency}"
        asked.append(f"Grant the service credit of {amount} on the next invoice.")
    return tuple(asked)
