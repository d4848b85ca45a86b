"""People's words: what looks like a patient's identifier is refused wherever they are kept."""

import re

_IDENTIFIERS = (
    (re.compile(r"\d{6,}"), "a record number"),
    (re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), "a social security number"),
    (re.compile(r"\bMRN\b|\bDOB\b|\bdate of birth\b", re.I), "a patient's identifier"),
    (re.compile(r"[\w.+-]+@[\w-]+\.\w+"), "an e-mail address"),
    (re.compile(r"\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b"), "a telephone number"),
)


def names_nobody(text: str) -> str:
    """Return the text; ValueError, without the text, if it looks as if it held an identifier."""
    for pattern, what in _IDENTIFIERS:
        if pattern.search(text):
            raise ValueError(f"looks as if it held {what}; describe what happened without it")
    return text
