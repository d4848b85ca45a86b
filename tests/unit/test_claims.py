"""A vendor's claim is looked at every night: a breach is proof that stands at every look."""

from datetime import timedelta
from pathlib import Path

import pytest
from contract_hospital import contract
from night_hospital import REFERENCE_DAYS, START, Night, system_like

from aiops_pipelines.contracts.claims import claim_figure, difference_at_any_time
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.window import History, history
from aiops_pipelines.portfolio import Claim
from aiops_pipelines.statistics import proportion
from aiops_pipelines.verdict import Verdict

NIGHTS = 25
LAST = REFERENCE_DAYS + NIGHTS - 1


def claimed(night: Night, above: float, n: int = 2000, margin: float = 0.05) -> Claim:
    """Return the claim of a sensitivity that lies `above` what the last nights show."""
    point = night.system.output.operating_points[0].name
    base = {"metric": "sensitivity", "operating_point": point, "source": "study", "margin": margin}
    seen = known(night).mature(NIGHTS)
    counts = seen.histogram().flag_counts(night.system.output.operating_points[0].threshold)
    found = counts.flagged_positive / (counts.flagged_positive + counts.unflagged_positive)
    more = {"value": found + above, "n": n, "window_days": NIGHTS}
    return Claim.model_validate(base | more)


def known(night: Night) -> History:
    day = START + timedelta(days=LAST)
    return history(night.lake, night.system, day, day + timedelta(days=60))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder: Path = tmp_path_factory.mktemp("claims")
    made = Night(folder, system_like("no-show", contract=contract(clauses=[])), cases=60)
    made.fill(0, LAST, known=LAST + 60)
    return made


def judged(night: Night, claim: Claim) -> Figure:
    return claim_figure(known(night), claim, START + timedelta(days=LAST))


def test_what_one_nights_interval_says_is_a_warning_and_what_stands_at_every_look_a_breach(
    night: Night,
) -> None:
    far, near = (judged(night, claimed(night, above)) for above in (0.22, 0.11))
    assert far.verdict is Verdict.BREACH, far.reason
    assert near.verdict is Verdict.WARN, near.reason
    assert near.high is not None and near.high < -0.05
    assert "looked at every night" in near.reason and "at any time, 95%" in far.reason


def test_a_claim_that_holds_is_ok_and_needs_no_proof(night: Night) -> None:
    assert judged(night, claimed(night, -0.1)).verdict is Verdict.OK


def test_the_difference_at_any_time_is_wider_than_the_nights(night: Night) -> None:
    claim = claimed(night, 0.1)
    assert claim.value is not None and claim.n is not None
    whole = difference_at_any_time(
        known(night), claim, proportion(round(claim.value * claim.n), claim.n)
    )
    tonight = judged(night, claim)
    assert whole.low is not None and whole.high is not None
    assert tonight.low is not None and tonight.high is not None
    assert whole.value == pytest.approx(tonight.estimate)
    assert whole.low < tonight.low and tonight.high < whole.high
