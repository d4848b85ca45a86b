"""HL7 v2 ORU^R01 files: framed or not, several messages, broken ones refused by number."""

from datetime import UTC, datetime

import pytest
from clinical_samples import HL7_RISK, oru
from feed_hospital import DAY, Drops, a_system, cases, refusals

from aiops_pipelines.feeds import Rule

SYSTEM = a_system(predictions=HL7_RISK, features=[], subgroups=[])
FILE = f"{DAY}-a.hl7"
BATCH = "FHS|^~\\&|AI\rBHS|^~\\&|AI\r{}BTS|2\rFTS|1\r"


@pytest.fixture
def drops(tmp_path):
    return Drops.below(tmp_path)


def read(drops: Drops, content: str | bytes):
    drops.put(f"predictions/{FILE}", content)
    return drops.predictions(SYSTEM)


def framed(*messages: str) -> str:
    return "".join(f"\x0b{message}\x1c\r" for message in messages)


TWO = [oru("c1", "0.25"), oru("c2", "0.5")]


@pytest.mark.parametrize(
    "content",
    [
        "".join(TWO),
        framed(*TWO),
        BATCH.format("".join(TWO)),
        "".join(TWO).replace("\r", "\n"),
        "".join(TWO).replace("\r", "\r\n"),
        "".join(TWO).replace("\r", "\r\n", 3),
        "\ufeff" + "".join(TWO),
        "".join(TWO).replace("Doe^Jane", "Müller^Jörg"),
    ],
)
def test_frames_batches_and_line_ends_make_no_difference(drops, content):
    batch = read(drops, content)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert batch.rows["score"].to_pylist() == [0.25, 0.5]
    assert batch.rows["version"].to_pylist() == ["5.0", "5.0"]
    assert batch.rows["predicted_at"].to_pylist() == [datetime(2025, 3, 4, 12, tzinfo=UTC)] * 2
    assert batch.provenance["row"].to_pylist() == [1, 2]
    assert batch.quarantine.num_rows == 0


def test_several_orders_of_one_message_are_rows_of_their_own(drops):
    more = "OBR|2|c2^AI|f-2|ICH^x^L|||20250304060000-0600\rOBX|1|NM|AI-ICH^x^L||0.75||||||F\r"
    batch = read(drops, oru("c1", "0.25") + more)
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert batch.rows["score"].to_pylist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (oru("c9", "0.5", kind="ADT^A01"), Rule.NOT_ORU),
        (oru("c9", "0.5").split("OBR")[0], Rule.NO_RESULT),
        (oru("c9", "0.5", "0.6"), Rule.SEVERAL_VALUES),
        (oru("c9", "0.5", status="W"), Rule.SCORE_MISSING),
        (oru("c9", "high"), Rule.SCORE_NOT_A_NUMBER),
        (oru("c9", "0.5").replace("20250304060000-0600", "20250399"), Rule.TIME_UNREADABLE),
        (oru("c9", "0.5").replace("MSH|^~\\&|", "MSH|^^\\&|"), Rule.NOT_A_MESSAGE),
        (oru("c9", "0.5").replace("MSH|^~\\&|", "MSH|||||"), Rule.NOT_A_MESSAGE),
        (oru("c9", "0.5").replace("MSH|^~\\&|", "MSHA^~\\&A"), Rule.NOT_A_MESSAGE),
        (oru("c9", "0.5").replace("|", "#"), Rule.NOT_ORU),
        ("MSH|^~\\&\r", Rule.NOT_A_MESSAGE),
        (oru("c9", "9" * 10_000_000), Rule.CELL_TOO_LONG),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_and_the_others_stay(drops, message, rule):
    if message.startswith("MSH#"):
        rule, message = Rule.CASE_MISSING, message.replace("c9^AI", "")
    batch = read(drops, TWO[0] + message + TWO[1])
    assert batch.rows["case_id"].to_pylist() == cases("c1", "c2")
    assert [found[:3] for found in refusals(batch)] == [(FILE, 2, rule)]
    assert batch.provenance["row"].to_pylist() == [1, 3]


def test_separators_other_than_usual_are_read_where_the_message_declares_them(drops):
    batch = read(drops, TWO[0].replace("|", "#").replace("^", "!").replace("MSH#!~", "MSH#!~"))
    assert batch.rows["case_id"].to_pylist() == cases("c1")


def test_a_frame_cut_off_is_refused_and_those_before_stay(drops):
    batch = read(drops, framed(*TWO)[:-30])
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch) == [(FILE, 2, Rule.NOT_A_MESSAGE, None)]


def test_text_between_messages_is_refused_not_lost(drops):
    batch = read(drops, "PID|1||p\r" + TWO[0])
    assert batch.rows["case_id"].to_pylist() == cases("c1")
    assert refusals(batch) == [(FILE, 1, Rule.NOT_A_MESSAGE, None)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", Rule.EMPTY_FILE),
        (b"case,score\n", Rule.NOT_HL7),
        ("".join(TWO).encode("utf-16"), Rule.NOT_UTF8),
        ("".join(TWO).replace("Doe", "Grün").encode("latin-1"), Rule.NOT_UTF8),
        (b"<ORU_R01><MSH/></ORU_R01>", Rule.NOT_HL7),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_quarantined(drops, content, rule):
    assert refusals(read(drops, content)) == [(FILE, None, rule, None)]


def test_latin_1_is_read_where_the_message_says_so(drops):
    content = TWO[0].replace("|2.5.1", "|2.5.1||||||8859/1").replace("Doe", "Grün")
    batch = read(drops, content.encode("latin-1"))
    assert batch.rows["case_id"].to_pylist() == cases("c1")
