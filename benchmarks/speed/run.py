"""Times this project beside other libraries and rewrites the tables of benchmarks/README.md.

    python -m benchmarks.speed.run [--quick]

The other libraries run in an environment of their own, `.venv-others`, made here the first time;
both sides read the same files and are called in turn. --quick leaves out what takes more than a
minute.
"""

import json
import os
import platform
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed import inputs
from benchmarks.speed.pairs import FOLDER, OTHERS, ROOT, Compared, Side, compare
from benchmarks.tables import markdown, write_block

README = ROOT / "benchmarks" / "README.md"
MILLION = 10**6
Row = tuple[object, ...]

SIDES = [
    ("exact", "sklearn-six", (10**3, 10**4, 10**5, 10**6, 10**7)),
    ("binned", "sklearn-six", (10**6,)),
    ("delong", "confidenceinterval-delong", (10**3, 10**4, 10**5, 10**6)),
    ("paired", "mlstatkit-delong", (10**3, 10**4, 10**5, 10**6)),
    ("bootstrap", "confidenceinterval-bootstrap", (MILLION,)),
    ("subgroups", "fairlearn-plain", (10**5,)),
    ("subgroups", "fairlearn-bootstrap", (MILLION,)),
    ("drift", "nannyml-drift", (MILLION,)),
    ("drift-from-counts", "nannyml-drift", (MILLION,)),
    ("drift", "evidently-drift", (MILLION,)),
]
SLOW = {"fairlearn-plain", "fairlearn-bootstrap", "evidently-drift"}
NOTES = {
    "sklearn-six": "scikit-learn: roc_auc_score, average_precision_score, brier_score_loss, "
    "log_loss, calibration_curve, confusion_matrix",
    "confidenceinterval-delong": "confidenceinterval: roc_auc_score, DeLong",
    "mlstatkit-delong": "MLstatkit: Delong_test of two scores",
    "confidenceinterval-bootstrap": "confidenceinterval: bootstrap, 10 replicates measured x 100",
    "fairlearn-plain": "fairlearn: MetricFrame, no intervals",
    "fairlearn-bootstrap": "fairlearn: 100 bootstrap replicates, 1 measured x 100",
    "nannyml-drift": "NannyML: KS, Jensen-Shannon, Wasserstein",
    "evidently-drift": "Evidently: DataDriftPreset, 2 days measured x 182.5",
}
WORK = {
    "exact": "full exact set",
    "binned": "the same figures from a histogram of the cases",
    "delong": "AUROC with DeLong interval",
    "paired": "paired comparison of two AUROCs",
    "bootstrap": "1,000 bootstrap AUROCs from a histogram",
    "subgroups": "rates of 4 demographics and 6 pairs, Wilson intervals",
    "drift": "drift of 10 features x 365 days, from values",
    "drift-from-counts": "the same from daily statistics, as the night does",
}
GOALS = {
    "exact": "full exact set",
    "histogram": "histogram of the cases",
    "bootstrap": "1,000 bootstrap AUROCs from it",
    "subgroups": "rates of 4 demographics and 6 pairs",
}


def main(quick: bool) -> None:
    """Measure table after table, each written as soon as it is done."""
    make_environment()
    inputs.make(FOLDER)
    started = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f}"
    _note(started, "not yet")
    write_block(README, "sides", sides(quick))
    write_block(README, "targets", targets())
    write_block(README, "product", product(quick))
    _note(started, f"{datetime.now(UTC):%H:%M}, load average {os.getloadavg()[0]:.1f}")


def _note(started: str, ended: str) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    write_block(README, "machine", f"{machine}; begun {started}; finished {ended}")


def make_environment() -> None:
    """Install the other libraries, unless they are there."""
    if (OTHERS / "complete").exists():
        return
    print("Making the environment of the other libraries ...", flush=True)
    venv.create(OTHERS, with_pip=True)
    wanted = str(Path(__file__).parent / "requirements-others.txt")
    pip = [str(OTHERS / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", wanted]
    subprocess.run(pip, check=True)
    (OTHERS / "complete").touch()


def sides(quick: bool) -> str:
    """Return the table of our work beside the others'."""
    rows: list[Row] = []
    for task, other, sizes in SIDES:
        if quick and other in SLOW:
            continue
        for size in sizes:
            found = compare(Side.ours(task, size), Side.others(other, size))
            rows.append((WORK[task], f"{size:,}", *_times(found), found.calls, NOTES[other]))
    header = ("work", "rows", "ours", "other", "ratio", "calls", "the other is")
    return markdown(header, rows)


def _times(found: Compared) -> tuple[str, str, str]:
    return shown(found.mine), shown(found.theirs), f"{found.ratio:,.1f}"


def targets() -> str:
    """Return the table of ours against numpy's sort of the same scores."""
    rows: list[Row] = []
    for task, name in GOALS.items():
        found = compare(Side.ours(task, MILLION), Side.ours("sort", MILLION))
        peak = f"{found.my_peak:,.0f} MB"
        rows.append((name, shown(found.mine), f"{1 / found.ratio:.2f}", peak))
    return markdown(("ours, 10^6 rows", "median", "numpy's sorts of the scores", "peak"), rows)


def product(quick: bool) -> str:
    """Return the table of the product's own paths."""
    rows: list[Row] = []

    def row(name: str, text: str, found: dict[str, float]) -> None:
        rows.append((name, text, f"{found['peak_mb']:,.0f} MB"))

    feeds = [("csv", "CSV feed, 15 columns"), ("parquet", "Parquet feed, 13 columns")]
    if not quick:
        feeds += [
            ("csv-10m", "CSV feed, 15 columns"),
            ("csv-10m-adapter", "its adapter alone"),
            ("parquet-10m", "Parquet feed, 13 columns"),
            ("parquet-10m-adapter", "its adapter alone"),
        ]
    for task, name in feeds:
        found = path(task)
        text = f"{found['rows']:,} rows in {found['clock']:.2f} s by the clock"
        row(name, f"{text}, {found['seconds']:.2f} CPU seconds", found)
    found = path("suite")
    text = f"{found['expectations']} expectations of {found['rows']:,} rows in "
    row("Great Expectations, warm", f"{text}{found['seconds']:.2f} CPU seconds", found)
    found = path("month" if quick else "year")
    row(
        "scored cases of twelve systems into daily statistics",
        f"{found['rows']:,} rows in {found['both']:.0f} CPU seconds, "
        f"{found['both'] / found['reading']:.1f} times reading them ({found['reading']:.0f} s)",
        found,
    )
    found = path("windows")
    series = {k: v for k, v in found.items() if k != "peak_mb"}
    text = ", ".join(f"{k} {v:.2f} s" for k, v in series.items())
    row("28-day series over a year of one system, CPU seconds", text, found)
    found = path("simulation")
    minutes = found["seconds"] / found["days"] * 365 / 60
    text = f"{found['days']:.0f} days in {found['seconds']:.0f} s, {minutes:.1f} minutes for a year"
    text += ", by the clock"
    row("simulation, 12 systems x 10^4 cases a day", text, found)
    return markdown(("the product's own path", "measured", "peak memory"), rows)


def path(task: str) -> dict[str, float]:
    """Run one of the product's paths in a process of its own; return what it printed."""
    print(f"product {task} ...", flush=True)
    command = [sys.executable, "-m", "benchmarks.speed.product", task, str(FOLDER)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def shown(seconds: float) -> str:
    """Return seconds as people read them."""
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.1f} s"


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
