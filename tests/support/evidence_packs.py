"""Packs on the clause of `contract_hospital`: days of misses by hand, and what a pack says."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from contract_hospital import REFERENCE_DAYS, START, Cases, system
from night_hospital import EXAMPLE

from aiops_pipelines.contracts.evaluation import evaluate_contract
from aiops_pipelines.portfolio import Portfolio, read_portfolio

LAST = REFERENCE_DAYS + 60
NIGHT = START + timedelta(days=LAST)


def filled(folder: Path, rate: float = 0.3, a_day: int = 8, **changes: Any) -> Cases:
    """Return cases of which `rate` of `a_day` positives are missed after the reference period."""
    cases = Cases(folder, system(**changes))
    cases.rate(0, LAST + 1, rate, np.random.default_rng(5), a_day)
    return cases


def book(cases: Cases) -> Portfolio:
    """Return a portfolio of the one system."""
    return Portfolio(hospital=read_portfolio(EXAMPLE).hospital, systems=(cases.system,))


def evaluated(cases: Cases, night: date = NIGHT) -> Portfolio:
    """Fill the ledger up to the night, write its figures, and return the portfolio."""
    portfolio = book(cases)
    evaluate_contract(cases.lake, portfolio.hospital.calendar, cases.system, night, night)
    return portfolio
