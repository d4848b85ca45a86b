"""Deadlines: business days with holidays, time zones, anchors and pauses; pure functions."""

from aiops_pipelines.clocks.calendar import BusinessCalendar, holiday_names
from aiops_pipelines.clocks.clock import Anchor, Clock, ClockState, Reading
from aiops_pipelines.clocks.deadline import deadline, elapsed
from aiops_pipelines.clocks.span import Pause, Span, Unit

__all__ = [
    "Anchor",
    "BusinessCalendar",
    "Clock",
    "ClockState",
    "Pause",
    "Reading",
    "Span",
    "Unit",
    "deadline",
    "elapsed",
    "holiday_names",
]
