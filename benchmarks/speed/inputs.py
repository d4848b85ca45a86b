"""The inputs that all sides read: made once with a fixed seed, kept as npy and Parquet files.

Runs in both environments, so it knows numpy and pandas only.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
FEATURES = 10
DAYS = 365
GROUPS = {"sex": 2, "age_band": 4, "site": 3, "insurance": 6}


def make(folder: Path) -> None:
    """Write all inputs below `folder`, unless they are there."""
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(20260701)
    n = max(SIZES)
    label = draw.random(n) < 0.1
    for name in ("a", "b"):
        logit = draw.normal(size=n) + 1.5 * label - 3
        np.save(folder / f"score_{name}.npy", 1 / (1 + np.exp(-logit)))
    np.save(folder / "label.npy", label)
    for name, number in GROUPS.items():
        np.save(folder / f"{name}.npy", draw.integers(0, number, 10**6).astype(np.int16))
    drift_table(draw, 10**6).to_parquet(folder / "drift.parquet", index=False)
    (folder / "complete").touch()


def drift_table(draw: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return a year of `rows` rows of continuous features that drift slowly, with their day."""
    day = np.sort(draw.integers(0, DAYS, rows))
    columns: dict[str, np.ndarray] = {"day": pd.Timestamp("2025-01-01") + pd.to_timedelta(day, "D")}
    for i in range(FEATURES):
        columns[f"f{i}"] = draw.normal(size=rows) + 0.001 * i * day
    return pd.DataFrame(columns)


def cases(folder: Path, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first `rows` of both scores and of the label."""
    names = ("score_a", "score_b", "label")
    a, b, label = (np.load(folder / f"{n}.npy", mmap_mode="r")[:rows].copy() for n in names)
    return a, b, label


def groups(folder: Path, rows: int) -> dict[str, np.ndarray]:
    """Return the first `rows` codes of each demographic."""
    return {name: np.load(folder / f"{name}.npy")[:rows] for name in GROUPS}
