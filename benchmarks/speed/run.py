"""Times this project beside other libraries and rewrites the tables of benchmarks/README.md.

python run.py [--quick]: the other libraries run in an environment of their own, `.venv-others`,
made here the first time; both sides read the same files, task after task, in one run. --quick
leaves out what takes more than a minute.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import venv
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import inputs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OTHERS = ROOT / ".venv-others"
FOLDER = ROOT / "build" / "benchmarks"
README = HERE.parent / "README.md"
MILLION = 10**6

SIDES = [
    ("exact", "sklearn-six", (10**3, 10**4, 10**5, 10**6, 10**7)),
    ("delong", "confidenceinterval-delong", (10**3, 10**4, 10**5, 10**6)),
    ("paired", "mlstatkit-delong", (10**3, 10**4, 10**5, 10**6)),
    ("bootstrap", "confidenceinterval-bootstrap", (MILLION,)),
    ("subgroups", "fairlearn-plain", (10**5,)),
    ("subgroups", "fairlearn-bootstrap", (10**5,)),
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
    "fairlearn-bootstrap": "fairlearn: 100 bootstrap replicates, 2 measured x 50",
    "nannyml-drift": "NannyML: KS, Jensen-Shannon, Wasserstein",
    "evidently-drift": "Evidently: DataDriftPreset, 2 days measured x 182.5",
}
WORK = {
    "exact": "full exact set",
    "delong": "AUROC with DeLong interval",
    "paired": "paired comparison of two AUROCs",
    "bootstrap": "1,000 bootstrap AUROCs from a histogram",
    "subgroups": "rates of 4 demographics and 6 pairs, Wilson intervals",
    "drift": "drift of 10 features x 365 days, from values",
    "drift-from-counts": "the same from daily statistics, as the night does",
}


def main(quick: bool) -> None:
    make_environment()
    inputs.make(FOLDER)
    load = os.getloadavg()
    write("sides", sides(quick))
    write("targets", targets())
    write("product", product(quick))
    machine = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; load average {load[0]:.1f} at the start and "
        f"{os.getloadavg()[0]:.1f} at the end"
    )
    write("machine", machine)


def write(name: str, table: str) -> None:
    """Put a table between its markers in README.md."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
    text = re.sub(pattern, lambda m: f"{m[1]}{table}\n{m[2]}", README.read_text(), flags=re.S)
    README.write_text(text)


def make_environment() -> None:
    if (OTHERS / "complete").exists():
        return
    print("Making the environment of the other libraries ...", flush=True)
    venv.create(OTHERS, with_pip=True)
    wanted = str(HERE / "requirements-others.txt")
    pip = [str(OTHERS / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", wanted]
    subprocess.run(pip, check=True)
    (OTHERS / "complete").touch()


def called(python: Path | str, script: str, *arguments: str) -> dict[str, float | list[float]]:
    """Run a task in a process of its own; return what it printed, or stop with its error."""
    print(f"{script} {' '.join(arguments[:2])} ...", flush=True)
    command = [str(python), str(HERE / script), *arguments, str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{script} {arguments} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@cache
def median(side: str, task: str, rows: int) -> float:
    others = OTHERS / "bin" / "python"
    where = (sys.executable, "ours.py") if side == "ours" else (others, "others.py")
    return statistics.median(called(*where, task, str(rows))["seconds"])


def sides(quick: bool) -> str:
    lines = ["| work | rows | ours | other | ratio | the other is |", "|---|--:|--:|--:|--:|---|"]
    for task, other, sizes in SIDES:
        if quick and other in SLOW:
            continue
        for rows in sizes:
            mine, theirs = median("ours", task, rows), median("others", other, rows)
            lines.append(
                f"| {WORK[task]} | {rows:,} | {shown(mine)} | {shown(theirs)} | "
                f"{theirs / mine:,.1f} | {NOTES[other]} |"
            )
    return "\n".join(lines)


def targets() -> str:
    sort, exact = median("ours", "sort", MILLION), median("ours", "exact", MILLION)
    boot, cells = median("ours", "bootstrap", MILLION), median("ours", "subgroups", MILLION)
    counted = median("ours", "histogram", MILLION)
    return "\n".join(
        [
            "| ours, 10^6 rows | median |",
            "|---|--:|",
            f"| numpy's sort of the scores | {shown(sort)} |",
            f"| full exact set | {shown(exact)}, {exact / sort:.1f} sorts |",
            f"| histogram of the cases | {shown(counted)} |",
            f"| 1,000 bootstrap AUROCs from it | {shown(boot)} |",
            f"| rates of 4 demographics and 6 pairs | {shown(cells)} |",
        ]
    )


def product(quick: bool) -> str:
    lines = ["| the product's own path | measured | peak memory |", "|---|---|--:|"]

    def row(name: str, text: str, found: dict[str, float | list[float]]) -> None:
        lines.append(f"| {name} | {text} | {found['peak_mb']:,.0f} MB |")

    for task, name in (("csv", "CSV feed"), ("parquet", "Parquet feed")):
        found = called(sys.executable, "product.py", task)
        row(name, f"{found['rows']:,} rows in {found['seconds']:.1f} s", found)
    if not quick:
        found = called(sys.executable, "product.py", "parquet-10m")
        row("Parquet feed", f"{found['rows']:,} rows in {found['seconds']:.0f} s", found)
    found = called(sys.executable, "product.py", "month" if quick else "year")
    row(
        "scored cases of twelve systems into daily statistics",
        f"{found['rows']:,} rows in {found['both']:.0f} s, "
        f"{found['both'] / found['reading']:.1f} times reading them ({found['reading']:.0f} s)",
        found,
    )
    found = called(sys.executable, "product.py", "windows")
    series = {k: v for k, v in found.items() if k != "peak_mb"}
    text = ", ".join(f"{k} {v:.2f} s" for k, v in series.items())
    row("28-day series over a year of one system", text, found)
    found = called(sys.executable, "product.py", "simulation")
    minutes = found["seconds"] / found["days"] * 365 / 60
    text = f"{found['days']:.0f} days in {found['seconds']:.0f} s: {minutes:.1f} minutes for a year"
    row("simulation, 12 systems x 10^4 cases a day", text, found)
    return "\n".join(lines)


def shown(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.1f} s"


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
