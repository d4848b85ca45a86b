"""Which of the night's alarms stand when every stream of the portfolio is looked at together.

Each limit and clause with sequential evidence is a stream. With hundreds of streams some alarm
alone is no news; e-BH on the streams' e-values keeps the share of false ones among those that stand
at `level` or below, whatever their dependence (Wang & Ramdas, 2022).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import SystemStatus
from aiops_pipelines.statistics import e_bh
from aiops_pipelines.verdict import Verdict

LEVEL = 0.05
_LARGEST = 700.0
"""Logarithms beyond this have no float; one is as convincing as the other."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream on one night: its figure, ln of its e-value, and whether it stands after e-BH."""

    figure: Figure
    log_e_value: float
    stands: bool

    @property
    def breached(self) -> bool:
        """Return whether the figure is a breach on its own."""
        return self.figure.verdict is Verdict.BREACH


@dataclass(frozen=True, slots=True)
class PortfolioEvidence:
    """The night's streams, the strongest first; `log_needed` is ln of the e-value that stands."""

    streams: tuple[Stream, ...]
    level: float
    log_needed: float | None

    @property
    def standing(self) -> tuple[Stream, ...]:
        """Return the streams that stand."""
        return tuple(stream for stream in self.streams if stream.stands)

    @property
    def alone(self) -> tuple[Stream, ...]:
        """Return the breaches that do not stand portfolio-wide: looked at all the same."""
        return tuple(each for each in self.streams if each.breached and not each.stands)

    def stands(self, figure: Figure) -> bool:
        """Return whether the stream of `figure` stands."""
        return any(stream.figure == figure for stream in self.standing)

    @property
    def sentence(self) -> str:
        """Return the result in one sentence."""
        if not self.streams:
            return "no stream of evidence in the portfolio yet"
        text = (
            f"{len(self.standing)} of {len(self.streams)} streams of evidence stand portfolio-wide "
            f"(e-BH, false discovery rate at most {self.level:.0%})"
        )
        if not self.alone:
            return text
        return f"{text}; {len(self.alone)} breaches rest on their own evidence only"


def portfolio_evidence(statuses: Iterable[SystemStatus], level: float = LEVEL) -> PortfolioEvidence:
    """Return the night's streams of all systems with e-BH's answer at `level`.

    A limit with two sides holds the greater of two e-values; half of that is one (their mean is).
    """
    figures = [
        figure
        for status in statuses
        for area in status.areas.values()
        for figure in area.figures
        if figure.log_e_value is not None
    ]
    logs = np.array([_log_e_value(figure) for figure in figures])
    found = e_bh(np.exp(np.minimum(logs, _LARGEST)), level)
    streams = [
        Stream(figure, log, bool(stands))
        for figure, log, stands in zip(figures, logs.tolist(), found.rejected, strict=True)
    ]
    streams.sort(key=lambda stream: (-stream.log_e_value, stream.figure.system))
    needed = -math.log(float(found.levels[0])) if len(figures) else None
    return PortfolioEvidence(tuple(streams), level, needed)


def _log_e_value(figure: Figure) -> float:
    both_sides = figure.minimum is not None and figure.maximum is not None
    return (figure.log_e_value or 0.0) - (math.log(2) if both_sides else 0.0)
