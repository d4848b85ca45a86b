"""People's words: what looks like a patient's identifier is refused wherever they are kept."""

import re

_IDENTIFIERS = (
    (re.compile(r"\d{6,}"), "a record number"),
    (re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), "a social security number"),
    (re.compile(r"\bMRN\b|\bDOB\b|\bdate of birth\b", re.I), "a patient's identifier"),
    (re.compile(r"[\w.+-]+@[\w-]+\.\w+"), "an e-mail address"),
    (re.compile(r"\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b"), "a telephone number"),
)


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing: they can forge a terminal."""


def seen_as_written(text: str) -> str:
    """Return the text; ValueError if it holds characters that a reader does not see."""
    if _UNSEEN.search(text):
        raise ValueError("holds a control character")
    return text


def names_nobody(text: str) -> str:
    """Return the text; ValueError, without the text, if it looks as if it held an identifier.

    Control characters are refused as well; lines end in the same way on every system.
    """
    text = seen_as_written(text.replace("\r\n", "\n"))
    for pattern, what in _IDENTIFIERS:
        if pattern.search(text):
            raise ValueError(f"looks as if it held {what}; describe what happened without it")
    return text
