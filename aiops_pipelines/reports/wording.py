"""The words and digits of every report: one way to write a figure, an interval, a limit, a date.

Knows figures and the vocabulary of metrics; hands on plain text that is safe to show: control
characters and marks that turn the reading direction are replaced.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import METRICS, System

SUPPRESSED = "suppressed"
SUPPRESSED_REASON = (
    "Not shown: it rests on fewer than 11 cases, or such a number could be worked out from it."
)
_SERVICE_UNITS = {
    "turnaround": "s",
    "support_response": "h",
    "change_notice_days": "days",
}
"""Units of service clauses, whose measures are no metrics of the vocabulary."""

MOST_DECIMALS = 6

_NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def clean(text: str) -> str:
    """Return `text` without characters that could hide or reorder what is read (UTS 39)."""
    return "".join("□" if _is_deceptive(char) else char for char in text)


def _is_deceptive(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs"} and char not in "\n\t\u00ad"


def number_word(count: int) -> str:
    """Return a count in words up to twelve, in digits above; zero is "no"."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count:,}"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return "1 system" or "3 systems"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def day_text(day: date) -> str:
    """Return a date as "12 March 2026"."""
    return f"{day.day} {day:%B %Y}"


def weekday_text(day: date) -> str:
    """Return a date as "Thursday 12 March 2026"."""
    return f"{day:%A} {day_text(day)}"


def number(value: float, unit: str = "") -> str:
    """Return a value with the decimals a reader can use, and a true minus sign."""
    size = abs(value)
    decimals = 0 if size >= 1_000 else 1 if size >= 100 else 2 if size >= 10 or unit else 3
    while size < 1 <= round(size, decimals) and decimals < MOST_DECIMALS:
        decimals += 1  # an availability of 0.9997 is not whole
    text = f"{value:,.{decimals}f}"
    if value.is_integer() and size >= 10:
        text = f"{value:,.0f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}") + (f" {unit}" if unit else "")


def metric_title(metric: str) -> str:
    """Return what people call the metric, e.g. "AUROC" or "false-negative rate"."""
    known = METRICS.get(metric)
    if metric == "none":
        return "no limit set"
    return known.title if known else metric.replace("_", " ")


def figure_unit(figure: Figure, system: System) -> str:
    """Return the figure's unit, "" for proportions and pure numbers."""
    known = METRICS.get(figure.metric)
    if known is None:
        return _SERVICE_UNITS.get(figure.metric, "")
    return system.output.unit if known.unit == "output" else known.unit


def figure_title(figure: Figure, system: System | None = None) -> str:
    """Return the figure's name with its place: "sensitivity at high-risk", "PSI of lactate".

    With the system, a feature has the title that the portfolio gives it, else name and unit.
    """
    title = metric_title(figure.metric)
    if figure.operating_point:
        title += f" at {figure.operating_point}"
    if figure.feature:
        title += f" of {feature_title(figure.feature, system)}"
    return title


def feature_title(feature: str, system: System | None = None) -> str:
    """Return the feature's title in the portfolio, else its name in words with its unit."""
    known = next(
        (each for each in (system.features if system else ()) if each.name == feature), None
    )
    if known is None:
        return feature.replace("_", " ")
    if known.title or not known.unit:
        return known.title or feature.replace("_", " ")
    spelled = "percent" if known.unit == "%" else re.sub(r"\W+", "_", known.unit.lower())
    bare = feature.removesuffix(f"_{spelled}").replace("_", " ")
    return f"{bare} ({known.unit})"


def stratum_text(stratum: str) -> str:
    """Return "sex F, site North" for the stratum "sex=F|site=North"."""
    if stratum == "all":
        return "all cases"
    parts = (part.partition("=") for part in stratum.split("|"))
    return ", ".join(f"{name.replace('_', ' ')} {value}".strip() for name, _, value in parts)


def value_text(figure: Figure, unit: str = "") -> str:
    """Return the estimate alone, or "no estimate"."""
    return "no estimate" if figure.estimate is None else number(figure.estimate, unit)


def bounds_text(figure: Figure, unit: str = "") -> str:
    """Return "0.841 to 0.901", or "" without an interval."""
    return range_text(figure.low, figure.high, unit)


def range_text(low: float | None, high: float | None, unit: str = "") -> str:
    """Return "0.841 to 0.901", or "" without bounds; one bound alone may be unknown."""
    if low is None and high is None:
        return ""
    start = "unknown" if low is None else number(low, unit).removesuffix(f" {unit}")
    end = "unknown" if high is None else number(high, unit)
    return f"{start} to {end}"


def interval_text(figure: Figure, unit: str = "") -> str:
    """Return "95% interval 0.841 to 0.901", or "" without an interval."""
    bounds = bounds_text(figure, unit)
    return f"{figure.level * 100:g}% interval {bounds}" if bounds else ""


def limit_text(minimum: float | None, maximum: float | None, unit: str = "") -> str:
    """Return "at least 0.85", "at most 0.1", "0.8 to 1.2", or "" without a limit."""
    tail = f" {unit}" if unit else ""
    if minimum is not None and maximum is not None:
        return f"{_plain(minimum)} to {_plain(maximum)}{tail}"
    if minimum is not None:
        return f"at least {_plain(minimum)}{tail}"
    return "" if maximum is None else f"at most {_plain(maximum)}{tail}"


def _plain(value: float) -> str:
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")


def n_text(count: int) -> str:
    """Return "n = 1,234"; whoever asks has seen that the count may be shown."""
    return f"n = {count:,}"


def window_text(figure: Figure) -> str:
    """Return the window in words, with its first and last day where they are known."""
    text = "1 day" if figure.window == 1 else f"{figure.window} days"
    if figure.window_from is None or figure.window_to is None:
        return text
    last = f"{figure.window_to.day} {figure.window_to:%b}"
    if figure.window_from == figure.window_to:
        return f"{text}: {last}"
    return f"{text}: {figure.window_from.day} {figure.window_from:%b} to {last}"


def evidence_text(log_e_value: float | None) -> str:
    """Return the e-value in words; an e-value of 20 is what 5% significance asks for."""
    if log_e_value is None:
        return ""
    if log_e_value > math.log(10_000):
        return "e-value over 10,000"
    return f"e-value {number(math.exp(log_e_value))}"
