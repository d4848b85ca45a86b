"""Pseudonyms at the door: HMAC-SHA-256 of identifiers, under a key that only the hospital has.

Cases and patients have keys of their own, derived from the hospital's, so that equal numbers of
a case and of a patient don't give equal pseudonyms.
"""

import hmac
import unicodedata
from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.errors import ConfigurationError
from aiops_pipelines.feeds.hmac_lanes import HmacKey, hmac_sha256

Domain = Literal["case", "patient"]

_VARIABLE = "AIOPS_PSEUDONYM_KEY"
_SHORTEST = 32
_HEX_DIGITS = 32
_PAIRS = np.frombuffer(bytes(range(256)).hex().encode("ascii"), np.uint16)
"""The two hexadecimal digits of each byte."""


class Pseudonymiser:
    """Turns identifiers into pseudonyms of 32 hexadecimal digits (128 bits).

    Letters that Unicode can write in several ways are one letter (normal form C): two senders of
    one name mean one case.

    HMAC (RFC 2104) with SHA-256, truncated; two of 10^9 identifiers collide with a probability
    of 10^-21.
    """

    def __init__(self, key: bytes) -> None:
        """Take the hospital's secret key, at least 32 bytes; ConfigurationError if shorter."""
        if len(key) < _SHORTEST:
            raise ConfigurationError(
                f"{_VARIABLE} has {len(key)} characters and needs at least {_SHORTEST}; "
                f"make one with `openssl rand -hex 32` and keep it secret"
            )
        domains: tuple[Domain, ...] = ("case", "patient")
        self._keys = {
            name: HmacKey.of(hmac.digest(key, name.encode(), "sha256")) for name in domains
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the pseudonymiser with the key in `AIOPS_PSEUDONYM_KEY`.

        Raises:
            ConfigurationError: the variable is missing or too short.
        """
        key = environment.get(_VARIABLE, "").strip()
        if not key:
            raise ConfigurationError(
                f"{_VARIABLE} is not set, and identifiers are not stored without pseudonyms; make "
                f"a key once with `openssl rand -hex 32`, keep it secret, and export it as "
                f"{_VARIABLE}"
            )
        return cls(key.encode())

    def one(self, identifier: str, domain: Domain) -> str:
        """Return the pseudonym of one identifier."""
        known = unicodedata.normalize("NFC", identifier).encode()
        return hmac.digest(self._keys[domain].key, known, "sha256").hex()[:_HEX_DIGITS]

    def column(self, identifiers: pa.Array, domain: Domain) -> pa.Array:
        """Return the pseudonyms of a string column; null stays null."""
        texts = pc.utf8_normalize(identifiers, "NFC").cast(pa.binary())
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        digests = hmac_sha256(self._keys[domain], texts.fill_null(b""))
        pseudonyms = _hexadecimal(digests)
        return pc.if_else(texts.is_valid(), pseudonyms, None) if texts.null_count else pseudonyms


def _hexadecimal(digests: np.ndarray) -> pa.Array:
    """Return each row of bytes as text; in Arrow's own memory, since it stays long."""
    total = len(digests)
    offsets, digits = (pa.allocate_buffer(size) for size in (4 * (total + 1), _HEX_DIGITS * total))
    np.frombuffer(offsets, np.int32)[:] = np.arange(total + 1) * _HEX_DIGITS
    np.frombuffer(digits, np.uint16)[:] = _PAIRS[digests.ravel()]
    return pa.StringArray.from_buffers(total, offsets, digits)
