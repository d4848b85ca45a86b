"""What a figure means, in words for people who don't read statistics.

One sentence a metric, with the interval in it; metrics without a sentence get a plain statement.
Formulations follow natural frequencies (Gigerenzer & Edwards, 2003).
"""

from collections.abc import Callable, Mapping

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import System
from aiops_pipelines.reports import wording
from aiops_pipelines.verdict import Verdict


def reading(figure: Figure, system: System) -> str:
    """Return the figure in one or two plain sentences."""
    if not figure.may_be_shown:
        return f"{_start(figure, system)}: not shown, because it rests on fewer than 11 cases."
    if figure.estimate is None:
        return f"{_start(figure, system)}: no estimate ({figure.reason})."
    if figure.verdict is Verdict.INSUFFICIENT_DATA:
        return f"{_start(figure, system)}: too few cases to judge ({figure.reason})."
    gap = figure.metric.endswith("_gap") and figure.stratum != "all"
    sentence = _gap if gap else _SENTENCES.get(figure.metric)
    text = sentence(figure, system) if sentence else _plain(figure, system)
    if figure.estimand != "measured":
        text += " This is an estimate from the scores alone; it cannot see a change in how the"
        text += " output relates to the truth."
    return text


def _start(figure: Figure, system: System) -> str:
    title = wording.figure_title(figure, system)
    return title[0].upper() + title[1:]


def _hundred(value: float) -> str:
    return f"{100 * value:.0f}"


def _range(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    level = f"{figure.level * 100:g}%"
    return f" ({level} interval {_hundred(figure.low)} to {_hundred(figure.high)})"


def _frequency(lead: str, tail: str) -> Callable[[Figure, System], str]:
    def sentence(figure: Figure, system: System) -> str:
        share = _hundred(figure.estimate or 0.0)
        return f"{lead.format(system.output.predicts)} {share}{_range(figure)} {tail}."

    return sentence


def _plain(figure: Figure, system: System) -> str:
    unit = wording.figure_unit(figure, system)
    interval = wording.interval_text(figure, unit)
    return f"{_start(figure, system)}: {wording.value_text(figure, unit)}" + (
        f" ({interval})." if interval else "."
    )


def _auroc(figure: Figure, system: System) -> str:
    return (
        f"Shown one case with and one without ({system.output.predicts}), it ranks the right one "
        f"higher {_hundred(figure.estimate or 0.0)} times in 100{_range(figure)}; "
        "50 would be chance."
    )


def _mae(figure: Figure, system: System) -> str:
    unit = wording.figure_unit(figure, system)
    interval = wording.interval_text(figure, unit)
    return f"It is off by {wording.value_text(figure, unit)} on average ({interval})."


def _observed_expected(figure: Figure, _: System) -> str:
    value = wording.number(figure.estimate or 0.0)
    interval = wording.interval_text(figure)
    return (
        f"For each event that it predicts, {value} happen ({interval}): "
        "above 1 it promises too few, below 1 too many."
    )


def _slope(figure: Figure, _: System) -> str:
    return (
        f"Calibration slope {wording.value_text(figure)} ({wording.interval_text(figure)}): "
        "below 1 its scores are too extreme, above 1 too timid."
    )


def _psi(figure: Figure, system: System) -> str:
    what = wording.feature_title(figure.feature or "score", system)
    if (figure.estimate or 0.0) <= 0:
        return (
            f"The distribution of {what} has not moved more than chance would move it "
            f"(PSI {wording.value_text(figure)}, {wording.interval_text(figure)})."
        )
    return (
        f"The distribution of {what} has moved by a PSI of {wording.value_text(figure)} "
        f"({wording.interval_text(figure)}): 0.1 is commonly read as noticeable, 0.25 as large."
    )


def _gap(figure: Figure, system: System) -> str:
    unit = wording.figure_unit(figure, system)
    what = wording.figure_title(figure, system).replace(" gap", "")
    value = figure.estimate or 0.0
    side = "above" if value > 0 else "below"
    return (
        f"For {wording.stratum_text(figure.stratum)}, {what} is {wording.number(abs(value), unit)} "
        f"{side} that of all others (gap {wording.interval_text(figure, unit)})."
    )


_SENTENCES: Mapping[str, Callable[[Figure, System], str]] = {
    "auroc": _auroc,
    "sensitivity": _frequency("Of 100 cases with the condition ({}), it finds", "of them"),
    "specificity": _frequency("Of 100 cases without the condition ({}), it clears", "of them"),
    "ppv": _frequency("Of 100 cases that it flags,", "have the condition"),
    "npv": _frequency("Of 100 cases that it does not flag,", "are free of the condition"),
    "false_negative_rate": _frequency("Of 100 cases with the condition ({}), it misses", "of them"),
    "accuracy": _frequency("Of 100 cases, it agrees exactly with the truth in", "of them"),
    "mae": _mae,
    "observed_expected_ratio": _observed_expected,
    "calibration_slope": _slope,
    "psi": _psi,
}
