"""Pseudonyms: HMAC-SHA-256 as published, apart for cases and patients, never without a key."""

import hmac

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_pipelines.errors import ConfigurationError
from aiops_pipelines.feeds import Pseudonymiser
from aiops_pipelines.feeds.hmac_lanes import HmacKey, hmac_sha256

KEY = b"0123456789abcdef0123456789abcdef"

RFC_4231 = [
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
]
"""RFC 4231 (Nystrom, 2005), test cases 1 to 4."""


@pytest.mark.parametrize(("key", "message", "digest"), RFC_4231)
def test_digests_are_those_of_the_rfc(key, message, digest):
    found = hmac_sha256(HmacKey.of(key), pa.array([message], pa.binary()))
    assert found.tobytes().hex() == digest[:32]


@given(
    key=st.binary(max_size=64),
    texts=st.lists(st.binary(max_size=80) | st.integers(0, 200).map(bytes), max_size=70),
    start=st.integers(0, 3),
)
def test_many_texts_side_by_side_are_hashed_as_the_standard_library_hashes_each(key, texts, start):
    found = hmac_sha256(HmacKey.of(key), pa.array(texts, pa.binary())[start:])
    expected = [hmac.digest(key, text, "sha256")[:16] for text in texts[start:]]
    assert [row.tobytes() for row in found] == expected


def test_a_key_longer_than_a_block_is_refused():
    with pytest.raises(ValueError, match="at most 64 bytes, not 65"):
        HmacKey.of(bytes(65))


def test_a_pseudonym_is_the_hmac_under_the_domains_own_key():
    own = hmac.digest(KEY, b"patient", "sha256")
    expected = hmac.new(own, "Müller-7".encode(), "sha256").hexdigest()[:32]
    pseudonym = Pseudonymiser(KEY)
    assert pseudonym.one("Müller-7", "patient") == expected
    assert pseudonym.column(pa.array(["Müller-7"]), "patient").to_pylist() == [expected]


def test_a_column_keeps_order_repeats_and_gaps():
    pseudonym = Pseudonymiser(KEY)
    column = pa.chunked_array([["b", None], ["a", "b"]])
    found = pseudonym.column(column, "case").to_pylist()
    assert found == [pseudonym.one("b", "case"), None, pseudonym.one("a", "case"), found[0]]
    assert pseudonym.column(column[1:], "case").to_pylist() == found[1:]
    assert pseudonym.column(pa.array([], pa.string()), "case").to_pylist() == []


def test_cases_patients_and_keys_do_not_share_pseudonyms():
    other = Pseudonymiser(KEY[::-1])
    found = {
        pseudonym.one("17", domain)
        for pseudonym in (Pseudonymiser(KEY), other)
        for domain in ("case", "patient")
    }
    assert len(found) == 4


@pytest.mark.parametrize("environment", [{}, {"AIOPS_PSEUDONYM_KEY": " "}])
def test_without_a_key_the_error_says_how_to_make_one(environment):
    with pytest.raises(ConfigurationError, match=r"AIOPS_PSEUDONYM_KEY.*openssl rand -hex 32"):
        Pseudonymiser.from_environment(environment)


def test_a_short_key_is_refused_without_being_repeated():
    with pytest.raises(ConfigurationError, match="at least 32") as caught:
        Pseudonymiser.from_environment({"AIOPS_PSEUDONYM_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_the_key_comes_from_the_environment():
    found = Pseudonymiser.from_environment({"AIOPS_PSEUDONYM_KEY": KEY.decode() + "\n"})
    assert found.one("1", "case") == Pseudonymiser(KEY).one("1", "case")


def test_a_letter_written_in_two_ways_is_one_case_and_blanks_inside_stay():
    composed, apart = "M\u00fcller 12", "Mu\u0308ller 12"
    found = (
        Pseudonymiser(KEY)
        .column(pa.array([composed, apart, "M\u00fcller  12"]), "case")
        .to_pylist()
    )
    assert (
        found[0]
        == found[1]
        == Pseudonymiser(KEY).one(apart, "case")
        == Pseudonymiser(KEY).one(composed, "case")
    )
    assert found[2] != found[0]
