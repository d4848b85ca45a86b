"""What a system puts out and takes in: task, operating points, features, subgroups."""

from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.model import ColumnName, Identifier, Record, Text
from aiops_pipelines.portfolio.vocabulary import Task

__all__ = ["Feature", "OperatingPoint", "Output", "Task"]


class OperatingPoint(Record):
    """A threshold on the score at which somebody acts: flagged means score >= threshold."""

    name: Identifier
    threshold: float = Field(ge=0, le=1)
    action: Text


class Output(Record):
    """What the system says about a case.

    A binary output is a score in [0, 1]. An ordinal or multiclass output is one of `classes`
    (ordinal: in rising order); the score column then holds the class. A regression output is a
    number in `unit`, refused outside `range`.
    """

    task: Task
    predicts: Text
    classes: tuple[str, ...] = ()
    unit: str = ""
    range: tuple[float, float] | None = None
    operating_points: tuple[OperatingPoint, ...] = ()
    modality: Literal["score", "image", "text", "signal", "tabular"] = "tabular"

    @model_validator(mode="after")
    def _fits_task(self) -> Self:
        listed = self.task in {Task.MULTICLASS, Task.ORDINAL}
        if listed and len(self.classes) < 2:
            raise ValueError(f"a {self.task} output needs at least two `classes`")
        if not listed and self.classes:
            raise ValueError(f"a {self.task} output has no `classes`")
        if self.task is Task.BINARY and not self.operating_points:
            raise ValueError("a binary output needs at least one operating point")
        if self.task is not Task.BINARY and self.operating_points:
            raise ValueError(f"a {self.task} output has no operating points")
        if self.task is Task.REGRESSION and (self.range is None or not self.unit):
            raise ValueError("a regression output needs `range` and `unit`")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError("`range` must begin with its lowest value")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("two `classes` have the same name")
        names = [point.name for point in self.operating_points]
        if len(set(names)) < len(names):
            raise ValueError("two operating points have the same name")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the lowest and highest value a score may have."""
        if self.task is Task.BINARY:
            return (0.0, 1.0)
        if self.range is not None:
            return self.range
        return (0.0, float(len(self.classes) - 1))


class Feature(Record):
    """One input of the system whose drift is watched; `unit` and `range` catch unit errors."""

    name: ColumnName
    kind: Literal["numeric", "categorical"]
    unit: str = ""
    range: tuple[float, float] | None = None
    values: tuple[str, ...] = ()
    title: str = ""

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        if self.kind == "numeric" and self.values:
            raise ValueError(f"numeric feature {self.name} has no `values`")
        if self.kind == "categorical" and self.range:
            raise ValueError(f"categorical feature {self.name} has no `range`")
        if self.range and self.range[0] >= self.range[1]:
            raise ValueError("`range` must begin with its lowest value")
        return self
