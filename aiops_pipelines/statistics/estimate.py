"""The one shape of every figure: a value with its interval, its n and its method."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate with its uncertainty.

    `value` is None where the figure does not exist (a sensitivity without positives), never 0.0
    or NaN; then `low`, `high` and `standard_error` are None as well, except that a method may
    state a bounded interval without a point. `n` is the number of cases the figure rests on,
    `n_events` the number of events among them (None where events mean nothing), `method` names
    estimator and interval, e.g. "Wilson" or "DeLong, logit interval". A standard error of 0 is
    none: no event among a hundred cases is no certainty, as its interval says.
    """

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    n: int
    n_events: int | None
    method: str

    def __post_init__(self) -> None:
        if self.standard_error == 0:
            object.__setattr__(self, "standard_error", None)

    @classmethod
    def missing(cls, n: int, n_events: int | None, method: str) -> "Estimate":
        """Return an estimate that does not exist, with the n that was not enough."""
        return cls(None, None, None, None, n, n_events, method)
