"""A hospital that never was: twelve systems' feeds, with faults that are known."""

from aiops_pipelines.simulation.faults import FAULTS, Fault
from aiops_pipelines.simulation.hospital import simulate

__all__ = ["FAULTS", "Fault", "simulate"]
