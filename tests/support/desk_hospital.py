"""A desk with one incident in it, its roster, and people who act on it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.incidents import CheckOutcome, IncidentDesk, Roster, SafetyReport, Who
from aiops_pipelines.portfolio import Channel, Notifications, RiskTier

NIGHT = datetime(2026, 9, 30, 7, tzinfo=UTC)  # two in the morning in Chicago
MORNING = datetime(2026, 9, 30, 12, tzinfo=UTC)  # seven o'clock, the quiet hours' end
PAGER = Channel(name="pager", url_env="PAGER_URL", severities=("SEV1", "SEV2"))
MAIL = Channel(name="mail", url_env="MAIL_URL")
HOOK = Channel(name="hook", kind="webhook", url_env="HOOK_URL", secret_env="HOOK_SECRET")
ROSTER = Roster(
    calendar=BusinessCalendar("America/Chicago", "US"),
    tiers={"sepsis": RiskTier.CRITICAL, "no-show": RiskTier.MODERATE},
    owners={
        "sepsis": {"technical": "Analytics", "clinical": "Chief of ICU", "executive": "CMO"},
        "no-show": {"technical": "Revenue", "clinical": "Clinics", "executive": "COO"},
    },
)
TELLING = replace(ROSTER, policy=Notifications(channels=(PAGER, MAIL, HOOK)))


def failure(system: str = "sepsis", day: date = date(2026, 9, 29), number: int = 1) -> CheckOutcome:
    return CheckOutcome(
        system=system, check="performance_limits", area="performance", day=day, as_of=day,
        evaluated_at=NIGHT, passed=False, severity="error", summary="AUROC below its limit",
        evidence={"run_id": "r", "figures": [{"estimate": 0.7}]}, evaluation_id=number,
    )  # fmt: skip


def who(hours: float = 6, why: str = "as agreed", by: str = "Ada") -> Who:
    return Who(by, NIGHT + timedelta(hours=hours), why)


def harm(**fields: object) -> SafetyReport:
    base = {
        "external_id": "PSE-17", "system": "no-show", "summary": "A visit was overbooked",
        "ahrq_class": "incident with harm", "ncc_merp": "E", "aware_at": NIGHT,
        "patients_exposed": 12, "patients_reached": 1,
    }  # fmt: skip
    return SafetyReport.model_validate(base | fields)


def opened(url: str, roster: Roster = ROSTER) -> IncidentDesk:
    made = IncidentDesk(url)
    made.migrate()
    made.record([failure()], roster)
    return made


ID = "INC-2026-0001"
