"""How a sentence of the lake is set for readers: days, minus signs, names as in the rest of a page.

The lake keeps reasons with ISO days, plain hyphens and the names of columns, which are good to
search for; people read "18 August 2026", "−0.483", "language Spanish" and "lactate (mmol/L)".
"""

import re
from datetime import date

from aiops_pipelines.portfolio import System
from aiops_pipelines.reports import wording

_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_MINUS = re.compile(r"(?<![^\s(+])-(?=\d)")
_COUNT = re.compile(r"\bn=(?=\d)")
_STRATUM = re.compile(r"\b([a-z][a-z_]+)=(?=\w)")


def prose(text: str, system: System | None = None) -> str:
    """Return the sentence as pages say it; with the system, its features by their titles."""
    text = _DAY.sub(_day, text)
    text = _COUNT.sub("n = ", text)
    text = _STRATUM.sub(lambda found: found[1].replace("_", " ") + " ", text)
    text = _MINUS.sub("\N{MINUS SIGN}", text)
    for feature in system.features if system else ():
        title = wording.feature_title(feature.name, system).replace("\\", r"\\")
        text = re.sub(rf"\b{re.escape(feature.name)}\b", title, text)
    return text


def _day(found: re.Match[str]) -> str:
    try:
        return wording.day_text(date(*map(int, found.groups())))
    except ValueError:
        return found[0]
