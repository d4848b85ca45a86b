"""What an evidence pack says of a clause, before it is laid out."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from contract_hospital import CLAUSE, contract
from evidence_packs import LAST, NIGHT, evaluated, filled

from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.errors import LakeError, PortfolioError
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.evaluation.explanation import Explanation
from aiops_pipelines.reports.evidence.finding import crossed_on
from aiops_pipelines.reports.evidence.gather import ClauseEvidence, gather, off_clauses
from aiops_pipelines.reports.evidence.nearness import too_near
from aiops_pipelines.reports.evidence.report import PackView, pack_html, pack_view
from aiops_pipelines.reports.finished import evidence_period
from aiops_pipelines.schema import scored_cases_schema
from aiops_pipelines.verdict import Verdict


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def pack(cases) -> ClauseEvidence:
    return gather(evaluated(cases), cases.lake, cases.system.id, "misses", NIGHT)


@pytest.fixture(scope="module")
def view(pack) -> PackView:
    return pack_view(pack)


def section(view: PackView, name: str):
    return next(each for each in (*view.sections, *view.appendix) if each.id == name)


def answers(pack: ClauseEvidence) -> dict[str, str]:
    table = section(pack_view(pack), "alternatives").tables[0]
    return {row[0]: row[2] for row in table.rows}


def test_a_breach_is_a_pack_and_a_clause_that_is_met_is_none(cases, pack) -> None:
    assert off_clauses(cases.lake, cases.system, NIGHT) == ["misses"]
    assert off_clauses(cases.lake, cases.system, NIGHT - timedelta(days=LAST)) == []
    assert pack.row.verdict is Verdict.BREACH


def test_an_unknown_clause_or_a_night_before_the_first_is_an_error(cases, pack) -> None:
    portfolio = evaluated(cases)
    with pytest.raises(PortfolioError, match="no clause 'nope'; known: misses, change-notice"):
        gather(portfolio, cases.lake, cases.system.id, "nope", NIGHT)
    with pytest.raises(LakeError, match="aiops run --day"):
        gather(portfolio, cases.lake, cases.system.id, "misses", NIGHT - timedelta(days=400))


def test_wilson_stands_beside_clopper_pearson_and_equals_the_ledger(pack, view) -> None:
    rows = section(view, "measured").tables[0].rows
    by_method = {row[1]: row for row in rows}
    row = pack.row
    assert by_method["Wilson"][2:] == (
        f"{row.estimate:.3f}", f"{row.low:.3f} to {row.high:.3f}", f"{row.n:,}"
    )  # fmt: skip
    assert by_method["Clopper-Pearson"][2] == by_method["Wilson"][2]
    assert by_method["Clopper-Pearson"][3] != by_method["Wilson"][3]


def test_verification_in_part_is_weighted_back_and_told_with_the_raw_rate(tmp_path) -> None:
    part = filled(tmp_path, a_day=12, audit_fraction=0.5)
    found = gather(evaluated(part), part.lake, part.system.id, "misses", NIGHT)
    rows = section(pack_view(found), "measured").tables[0].rows
    raw = [row for row in rows if row[0].endswith("among verified cases")]
    assert {row[1] for row in raw} == {"Wilson", "Clopper-Pearson"}
    weighted = next(row for row in rows if row[1] == "Wilson, weighted by the audited share")
    assert weighted[2] == f"{found.row.estimate:.3f}" and weighted[2] != raw[0][2]
    assert "audit sample only" in found.exact.why_not


def test_the_crossing_is_the_first_night_of_the_last_run_beyond_the_limit(pack) -> None:
    crossed = crossed_on(pack)
    assert crossed is not None
    before = [row for row in pack.rows if row.night < crossed]
    assert before[-1].sequence_low is None or before[-1].sequence_low <= 0.1
    assert all(row.sequence_low > 0.1 for row in pack.rows if row.night >= crossed)
    back = replace(pack, rows=(*pack.rows[:-1], replace(pack.rows[-1], sequence_low=0.05)))
    assert crossed_on(back) is None


def test_the_remedy_and_its_working_are_those_of_the_contract(pack, view) -> None:
    rows = dict(section(view, "remedy").tables[0].rows)
    assert pack.entitlement is not None
    assert rows["Service credit"] == f"{pack.entitlement.credit.working}."
    assert "10 work days" in rows["Cure period"]
    assert "right to terminate" in rows["Termination"]
    assert any("3,000.00 USD" in each for each in view.requests)


def test_few_misses_leave_no_number_of_cases_in_the_pack(tmp_path) -> None:
    """A contract may ask for few cases: then the verdict is told, and no count or rate."""
    clause = CLAUSE | {"minimum_n": 20, "minimum_events": 5, "evidence": "interval"}
    few = filled(tmp_path, rate=0.3, a_day=1, contract=contract(clauses=[clause]))
    found = gather(evaluated(few), few.lake, few.system.id, "misses", NIGHT)
    assert found.counted is not None and 0 < found.counted.window.events < 11
    page = pack_html(found)
    assert "rest on fewer than 11 cases" in page
    assert f"{found.row.estimate:.3f}" not in page
    assert found.row.reason not in page
    assert not section(pack_view(found), "measured").charts


def test_a_version_before_the_end_of_the_change_is_never_ruled_out(pack) -> None:
    system = pack.system
    later = system.versions[0].model_copy(
        update={"version": "2.0", "start": system.reference.end + timedelta(days=1)}
    )
    changed = replace(
        pack, system=system.model_copy(update={"versions": (*system.versions, later)})
    )
    assert answers(pack)["Another version"] == "a version with a name of its own is ruled out"
    assert answers(changed)["Another version"] == "cannot be ruled out"
    for day, answer in ((2, "cannot be ruled out; the vendor is asked"), (-30, "not supported")):
        first = later.start + timedelta(days=day)
        change = Explanation(
            system=system.id, metric="sensitivity", operating_point="alert", day=NIGHT,
            as_of=NIGHT, kind="change", name="misses", text="", first_day=first, last_day=first,
        )  # fmt: skip
        dated = replace(changed, explanations=(change,))
        assert answers(dated)["Another version"].startswith(answer)


def test_what_was_not_looked_at_cannot_be_ruled_out(pack) -> None:
    said = answers(pack)
    assert said["Another mix of cases"] == "cannot be ruled out"
    assert said["Other inputs"] == "cannot be ruled out"
    assert said["Chance"] == "not supported by the data"


def test_lineage_names_each_row_that_is_shown_with_its_hash(cases, pack, view) -> None:
    rows = dict(section(view, "lineage").tables[0].rows)
    last = Ledger(cases.lake, cases.system.id, "misses").digest(NIGHT)
    assert rows[last.path.removesuffix(".parquet")] == last.sha256[:32]


def test_the_duty_of_notice_has_a_pack_of_its_own(tmp_path) -> None:
    silent = filled(tmp_path)
    silent.day(LAST, 1, 5, version="9.9")
    found = gather(evaluated(silent), silent.lake, silent.system.id, "change-notice", NIGHT)
    assert "change-notice" in off_clauses(silent.lake, silent.system, NIGHT)
    assert "9.9" in pack_html(found) and "at least 30 days before" in pack_html(found)


def with_statistics(cases) -> None:
    """Write the labels into the scored cases, and each day's statistics."""
    days = cases.lake.days("scored_cases", cases.system.id)
    for day in days:
        frame = cases.lake.read("scored_cases", cases.system.id, day).to_pandas()
        frame["label"] = (frame["score"] != 0.5).astype(float)
        frame["label_state"] = "mature"
        schema = scored_cases_schema(cases.system)
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        cases.lake.write("scored_cases", cases.system.id, day, table, day)
    for _ in write_daily_statistics(cases.lake, cases.system, days, days[-1]):
        pass


@pytest.mark.parametrize(("known", "shown"), [(False, False), (True, True)])
def test_a_subgroups_counts_are_shown_only_where_all_others_are_no_small_count(
    tmp_path, known, shown
) -> None:
    """Without statistics it cannot be checked, so nothing is shown."""
    clause = CLAUSE | {"stratum": "sex=female", "minimum_n": 20, "minimum_events": 10}
    women = filled(tmp_path, a_day=12, contract=contract(clauses=[clause]))
    portfolio = evaluated(women)
    if known:
        with_statistics(women)
    found = gather(portfolio, women.lake, women.system.id, "misses", NIGHT)
    assert found.counted is not None and found.counted.window.showable
    assert found.may_be_shown is shown
    assert (f"{found.row.estimate:.3f}" in pack_html(found)) is shown


def test_a_breach_of_what_is_no_rate_rests_on_an_alarm(pack) -> None:
    no_rate = replace(pack, row=replace(pack.row, alarm=None, alarm_since=None))
    assert answers(no_rate)["Chance"] == "not supported by the data"
    warned = replace(no_rate, row=replace(no_rate.row, verdict=Verdict.WARN))
    assert answers(warned)["Chance"] == "cannot be ruled out"


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.INSUFFICIENT_DATA])
def test_of_a_clause_that_is_met_or_not_judged_nothing_is_asked(pack, verdict) -> None:
    calm = replace(pack, row=replace(pack.row, verdict=verdict))
    assert pack_view(calm).requests == ()


def test_a_clause_that_is_about_no_cases_tells_nothing_of_cases(cases, pack) -> None:
    notice = replace(pack, clause=None, counted=None, entitlement=None)
    named = {each.id for each in pack_view(notice).sections}
    assert not named & {"alternatives", "effect"}


def test_only_packs_that_were_sent_count(cases, pack):
    before = NIGHT - timedelta(days=1)
    sent = {evidence_period("lung-nodule-ct", "misses", before)}
    assert too_near(cases.lake, cases.system, "misses", NIGHT, sent) == [before]
    assert too_near(cases.lake, cases.system, "misses", NIGHT, set()) == []
    assert too_near(cases.lake, cases.system, "misses", before, sent) == []
    assert too_near(cases.lake, cases.system, "change-notice", NIGHT, sent) == []
