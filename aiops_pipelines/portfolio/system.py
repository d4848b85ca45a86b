"""One AI system of the hospital: an entry of the portfolio whose parts agree."""

from datetime import date
from typing import Self

from pydantic import model_validator

from aiops_pipelines.portfolio.agreement import DisagreementError, disagreements
from aiops_pipelines.portfolio.entry import Entry
from aiops_pipelines.portfolio.limit import Limit
from aiops_pipelines.portfolio.risk import RiskTier


class System(Entry):
    """Everything the product knows about one AI system before it reads a single case."""

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if found := tuple(disagreements(self)):
            raise DisagreementError(found)
        return self

    @property
    def all_limits(self) -> tuple[Limit, ...]:
        """Return the hospital's own limits and the contract's clauses."""
        return self.limits + (self.contract.clauses if self.contract else ())

    @property
    def tier(self) -> RiskTier:
        """Return the risk tier, computed by the rule in `portfolio.risk`."""
        return self.risk.tier

    def version_on(self, day: date) -> str | None:
        """Return the version the portfolio says was in use on `day`, None before the first."""
        in_use = [version.version for version in self.versions if version.start <= day]
        return in_use[-1] if in_use else None
