"""The evidence ledger: appended in order of label arrival, never rewritten."""

from datetime import date, timedelta

import numpy as np
import pytest
from contract_hospital import CLAUSE, REFERENCE_DAYS, START, WAIT, Cases, contract, system

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow
from aiops_pipelines.contracts.rates import rate_row
from aiops_pipelines.contracts.standing import standings
from aiops_pipelines.portfolio.entry import LabelRule
from aiops_pipelines.verdict import Verdict

LAST = REFERENCE_DAYS + 20


def row(cases: Cases, number: int, clause: int = 0) -> LedgerRow:
    contract = cases.system.contract
    assert contract is not None
    night = START + timedelta(days=number)
    found = rate_row(cases.lake, cases.system, contract.clauses[clause], night)
    assert found is not None
    return found


def filled(folder, **changes) -> Cases:
    cases = Cases(folder, system(**changes))
    cases.rate(0, LAST + 1, 0.07, np.random.default_rng(5), a_day=6)
    return cases


def test_the_first_night_fills_the_ledger_as_if_each_night_had_been_run(tmp_path) -> None:
    at_once, each = filled(tmp_path / "a"), filled(tmp_path / "b")
    row(at_once, LAST)
    for number in range(REFERENCE_DAYS, LAST + 1):
        row(each, number)
    assert at_once.ledger_bytes() == each.ledger_bytes()
    assert len(at_once.ledger_bytes()) == LAST + 1 - REFERENCE_DAYS


def test_a_night_run_again_leaves_every_byte(tmp_path) -> None:
    cases = filled(tmp_path)
    first = row(cases, LAST)
    before = cases.ledger_bytes()
    assert row(cases, LAST) == first
    assert row(cases, LAST - 3).night == START + timedelta(days=LAST - 3)
    assert cases.ledger_bytes() == before


def test_a_day_enters_on_the_night_it_matures(tmp_path) -> None:
    cases = filled(tmp_path)
    assert row(cases, REFERENCE_DAYS + WAIT - 1).trials_total == 0
    entered = row(cases, REFERENCE_DAYS + WAIT)
    assert (entered.trials, entered.trials_total) == (6, 6)


def test_a_late_label_is_evidence_on_the_night_it_comes(tmp_path) -> None:
    cases = filled(tmp_path)
    before = row(cases, LAST)
    past = cases.ledger_bytes()
    day = REFERENCE_DAYS + 2
    cases.day(LAST + 1, 0, 6)
    # A flagged negative of a day long counted is revised: it was a positive after all.
    cases.label(day, [8], [1], LAST + 1, revision=1)
    after = row(cases, LAST + 1)
    assert (after.trials, after.withdrawn_trials) == (6 + 1, 0)
    assert after.trials_total == before.trials_total + 7
    assert past.items() <= cases.ledger_bytes().items()


def test_a_revision_takes_back_from_its_night_on(tmp_path) -> None:
    cases = Cases(tmp_path, system())
    for number in range(LAST + 1):
        cases.day(number, missed=1, found=5)
    before = row(cases, LAST)
    past = cases.ledger_bytes()
    cases.day(LAST + 1, missed=1, found=5)
    cases.label(REFERENCE_DAYS + 2, [0], [0], LAST + 1, revision=1)
    after = row(cases, LAST + 1)
    assert (after.withdrawn_events, after.withdrawn_trials) == (1, 1)
    assert after.events_total == before.events_total + 1 - 1
    assert after.trials_total == before.trials_total + 6 - 1
    assert past.items() <= cases.ledger_bytes().items()


def test_a_drop_that_lands_late_enters_on_the_next_night(tmp_path) -> None:
    cases = filled(tmp_path)
    before = row(cases, LAST)
    past = cases.ledger_bytes()
    night = START + timedelta(days=LAST + 1)
    touched = START + timedelta(days=REFERENCE_DAYS + 2)
    cases.day(LAST + 1, 0, 6)
    cases.label(REFERENCE_DAYS + 2, [8], [1], REFERENCE_DAYS + 4, revision=1)
    table = cases.lake.read("scored_cases", cases.system.id, touched)
    cases.lake.write("daily_statistics", cases.system.id, touched, table, night)
    assert row(cases, LAST + 1).trials_total == before.trials_total + 7
    assert past.items() <= cases.ledger_bytes().items()


def test_other_terms_start_the_evidence_anew(tmp_path) -> None:
    cases = filled(tmp_path)
    old = row(cases, LAST)
    past = cases.ledger_bytes()
    stricter = {**CLAUSE, "maximum": 0.02, "remedy": {}}
    cases.system = system(contract=contract(clauses=[stricter]))
    cases.day(LAST + 1, 0, 6)
    new = row(cases, LAST + 1)
    assert new.terms != old.terms
    assert new.trials == new.trials_total == old.trials_total + 6
    assert past.items() <= cases.ledger_bytes().items()


def test_a_stratum_counts_its_own_cases(tmp_path) -> None:
    women = {**CLAUSE, "stratum": "sex=female", "minimum_n": 10, "minimum_events": 5}
    cases = Cases(tmp_path, system(contract=contract(clauses=[CLAUSE, {**women, "id": "women"}])))
    for number in range(LAST + 1):
        cases.day(number, missed=2, found=4)  # cases 1, 3, 5 are women's: one missed of three
    assert row(cases, LAST, clause=1).trials_total * 2 == row(cases, LAST).trials_total
    assert row(cases, LAST, clause=1).estimate == pytest.approx(1 / 3)


def test_partly_verified_negatives_are_weighted_back(tmp_path) -> None:
    cases = Cases(tmp_path, system(audit_fraction=0.25))
    for number in range(LAST + 1):
        cases.day(number, missed=1, found=16, unverified=3)
    found = row(cases, LAST)
    # One verified miss stands for four: 4 / (4 + 16).
    assert found.estimate == pytest.approx(0.2)
    assert found.low < 0.2 < found.high
    assert found.period_estimate == pytest.approx(0.2)
    assert "audited share" in found.method
    assert "are stated" not in found.reason


def test_an_audit_that_is_not_drawn_as_stated_is_no_pass(tmp_path) -> None:
    cases = Cases(tmp_path, system(audit_fraction=0.25))
    for number in range(LAST + 1):
        cases.day(number, missed=number % 8 == 0, found=40, unverified=8)
    found = row(cases, LAST)
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert "of AI-negatives audited where 25.0% are stated" in found.reason


@pytest.mark.parametrize("seed", range(4))
def test_a_rate_that_rises_to_twice_its_limit_is_a_breach_within_the_delay_table(
    tmp_path, seed
) -> None:
    # docs/validation.md: .07 to .20 at 8 a day is found within 35 days in 90% of streams; a day's
    # labels count after WAIT days.
    cases = Cases(tmp_path, system())
    change = REFERENCE_DAYS + 40
    rng = np.random.default_rng(seed)
    cases.rate(0, change, 0.07, rng, a_day=8)
    cases.rate(change, change + 60, 0.20, rng, a_day=8)
    last = row(cases, change + 59)
    assert last.verdict is Verdict.BREACH
    assert last.breached_since is not None
    delay = (last.breached_since - START).days - change
    assert 0 < delay <= 35 + WAIT
    assert last.proven_since is not None
    assert last.sequence_low < last.period_estimate < last.sequence_high
    assert "over the contract period" in last.reason


def test_a_breach_in_grace_is_a_warning(tmp_path) -> None:
    graced = contract(clauses=[{**CLAUSE, "grace_days": 365}])
    cases = Cases(tmp_path, system(contract=graced))
    for number in range(LAST + 1):
        cases.day(number, missed=3, found=5)
    found = row(cases, LAST)
    assert found.verdict is Verdict.WARN
    assert f"in grace until {date(2027, 3, 2)}" in found.reason


def test_labels_that_stop_coming_are_no_pass(tmp_path) -> None:
    cases = filled(tmp_path)
    assert row(cases, LAST).verdict is Verdict.OK
    assert row(cases, LAST + 40).verdict is Verdict.INSUFFICIENT_DATA


def test_too_few_cases_are_insufficient_data(tmp_path) -> None:
    cases = filled(tmp_path)
    found = row(cases, REFERENCE_DAYS + WAIT)
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert Ledger(cases.lake, cases.system.id, "misses").latest(START) is None


def test_a_clause_is_judged_by_the_rule_it_names(tmp_path) -> None:
    rules = [
        {**CLAUSE, "id": rule, "evidence": rule} for rule in ("sequential", "proof", "interval")
    ]
    cases = Cases(tmp_path, system(contract=contract(clauses=rules)))
    for number in range(REFERENCE_DAYS + 12):
        cases.day(number, missed=2, found=8)
    found = [row(cases, REFERENCE_DAYS + 11, clause=index) for index in range(3)]
    assert [each.n for each in found] == [90, 90, 90]
    assert [each.verdict for each in found] == [Verdict.WARN, Verdict.WARN, Verdict.BREACH]


def test_a_promised_sensitivity_is_the_same_evidence_as_its_false_negative_rate(tmp_path) -> None:
    good = {**CLAUSE, "id": "hits", "metric": "sensitivity", "minimum": 0.9, "remedy": {}}
    good.pop("maximum")
    cases = filled(tmp_path, contract=contract(clauses=[CLAUSE, good]))
    misses, hits = row(cases, LAST), row(cases, LAST, clause=1)
    assert hits.estimate == pytest.approx(1 - misses.estimate)
    assert (hits.low, hits.high) == pytest.approx((1 - misses.high, 1 - misses.low))
    assert hits.log_e_value == pytest.approx(misses.log_e_value)
    assert hits.verdict is misses.verdict


def test_an_adjudicated_label_counts_by_the_portfolios_rule(tmp_path) -> None:
    voted = {"truth": "t", "sources": ["s"], "mature_after_days": WAIT}
    voted |= {"adjudication": {"rule": "majority", "adjudicator": "s"}}
    cases = Cases(tmp_path, system(truth=LabelRule.model_validate(voted)))
    for number in range(LAST + 1):
        cases.day(number, missed=1, found=5)
    day = REFERENCE_DAYS + 2
    cases.label(day, [0], [0], day + 2, revision=1, source="another")
    assert row(cases, LAST).events_total == LAST + 1 - REFERENCE_DAYS - WAIT


def test_a_breach_stands_with_its_credit_and_its_clock(tmp_path) -> None:
    cases = Cases(tmp_path, system())
    for number in range(LAST + 1):
        cases.day(number, missed=3, found=5)
    last = row(cases, LAST)
    calendar = BusinessCalendar("America/Chicago", "US", "IL")
    (found,) = standings(cases.lake, cases.system, calendar, last.night)
    assert found.row == last and last.breached_since is not None
    assert found.entitlement is not None
    assert found.entitlement.credit.amount == 3000
    assert found.entitlement.cure_by is not None
    begun = last.breached_since + timedelta(days=1)
    assert calendar.local_day(found.entitlement.cure_by) == calendar.add_work_days(begun, 10)
