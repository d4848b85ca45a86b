"""The house style: what each verdict looks like, and how every chart is drawn.

A verdict is always a word and a shape besides its colour, so that pages read the same in black
and white. Colours keep a contrast of at least 4.5 to 1 on white (WCAG 2.2 AA) and are told apart
by people with red-green blindness.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl

from aiops_pipelines.verdict import Verdict

INK = "#1c2733"
MUTED = "#55606e"
RULE = "#d5dbe2"
ACCENT = "#1f5a99"
ESTIMATED = "#7a4a9e"
FONTS = "Inter, system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """How a verdict is shown: word, shape, colour of ink and of ground, name of its CSS class."""

    word: str
    shape: str
    ink: str
    ground: str
    css: str
    marker: str


LOOKS: Mapping[Verdict, Look] = {
    Verdict.NOT_JUDGED: Look("not judged", "·", "#4f5b69", "#ffffff", "insufficient", "o"),
    Verdict.OK: Look("ok", "✓", "#0b6b4c", "#e4f3ec", "ok", "o"),
    Verdict.INSUFFICIENT_DATA: Look(
        "insufficient data", "○", "#4f5b69", "#eef1f4", "insufficient", "o"
    ),
    Verdict.WARN: Look("warn", "▲", "#8a4f00", "#fdf1dc", "warn", "^"),
    Verdict.BREACH: Look("breach", "■", "#ab1f17", "#fce6e3", "breach", "s"),
}

_CHART: Any = {
    "svg.hashsalt": "aiops-pipelines",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#e8ecf0",
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw charts inside this context in the house style, whatever the user's matplotlibrc.

    Text is measured in the font that matplotlib ships, so that every machine draws alike.
    """
    with mpl.rc_context():
        mpl.rcParams.update(mpl.rcParamsDefault)
        mpl.rcParams.update(_CHART)
        yield
