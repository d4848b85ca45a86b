"""What the desk knows of the hospital: tiers, owners, versions, calendar, whom to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self, get_args
from zoneinfo import ZoneInfo

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.portfolio import Notifications, Portfolio, RiskTier, System
from aiops_pipelines.portfolio.notifications import Role

PORTFOLIO = "portfolio"
"""Stands for all systems together, where an incident is of no single one: tier 3, operations'."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The part of the portfolio that the desk works with.

    `owners` gives for each system the role's holder: clinical, technical, executive, operations.
    """

    calendar: BusinessCalendar
    tiers: Mapping[str, RiskTier] = field(default_factory=dict)
    owners: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)
    policy: Notifications = field(default_factory=Notifications)
    regimes: tuple[str, ...] = ("FDA",)

    @classmethod
    def of(cls, portfolio: Portfolio) -> Self:
        """Return the portfolio's roster."""
        hospital = portfolio.hospital
        return cls(
            calendar=hospital.calendar,
            tiers={PORTFOLIO: RiskTier.MODERATE}
            | {system.id: system.tier for system in portfolio.systems},
            owners={PORTFOLIO: dict.fromkeys(get_args(Role), hospital.operations_manager)}
            | {
                system.id: {
                    "clinical": system.owners.clinical,
                    "technical": system.owners.technical,
                    "executive": system.owners.executive,
                    "operations": hospital.operations_manager,
                }
                for system in portfolio.systems
            },
            systems={system.id: system for system in portfolio.systems},
            policy=hospital.notifications,
            regimes=hospital.regimes,
        )

    @property
    def zone(self) -> ZoneInfo:
        """Return the hospital's time zone."""
        return self.calendar.zone

    def tier(self, system: str) -> RiskTier:
        """Return the system's tier; an unknown system counts as critical."""
        return self.tiers.get(system, RiskTier.CRITICAL)

    def owner(self, system: str) -> str:
        """Return who gets the system's incidents: its technical owner."""
        return self.owners.get(system, {}).get("technical", "")

    def version(self, system: str, day: date) -> str:
        """Return the version the portfolio says was in use, "" where it names none."""
        known = self.systems.get(system)
        return (known.version_on(day) if known else None) or ""

    def line(self, system: str) -> list[str]:
        """Return who is told of an overdue incident, one after the other."""
        owners = self.owners.get(system, {})
        return [owners.get(role, role) for role in self.policy.escalation]
