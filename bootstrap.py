"""Sets the project up on a fresh machine and runs its tasks; needs only Python's standard library.

Usage: python3 bootstrap.py demo|test|ui|setup|lint|coverage|fuzz|bench [arguments passed on]
"""

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / "bin"
STAMP = ENVIRONMENT / ".installed"

PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
BROWSER = ("chromium", "poppler-utils")


def main(task: str, arguments: list[str]) -> int:
    """Set up what `task` needs and run it; return its exit code."""
    tasks = {
        "setup": lambda: 0,
        "demo": lambda: run("aiops", "demo", *arguments),
        "ui": lambda: run("aiops", "ui", *arguments),
        "test": lambda: test(arguments),
        "lint": lint,
        "fuzz": lambda: run("python", "benchmarks/fuzz/feeds.py", *arguments),
        "coverage": lambda: run("python", "-m", "benchmarks.coverage.run", *arguments),
        "bench": lambda: run("python", "-m", "benchmarks.speed.run", *arguments),
    }
    if task not in tasks:
        print(__doc__)
        return 2
    install_python_packages(extras="" if task in {"demo", "ui"} else "[dev]")
    if task in {"setup", "demo", "test"}:
        need_system_packages(missing_pango(), "the PDF report (WeasyPrint needs Pango)")
    return tasks[task]()


def test(arguments: list[str]) -> int:
    """Run lint and all tests; PostgreSQL comes with the Python packages, the browser from apt."""
    need_system_packages(missing_browser(), "the tests of pages and PDF as a person sees them")
    # In the order of the files: acceptance comes first, its long demos not alone at the end.
    side_by_side = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    return lint() or run("pytest", *(arguments or side_by_side))


def lint() -> int:
    """Check format, lint rules, types and the walls between packages."""
    return (
        run("ruff", "format", "--check", ".")
        or run("ruff", "check", ".")
        or run("mypy")
        or run("lint-imports")
    )


def install_python_packages(extras: str) -> None:
    """Create .venv with the pinned packages, `extras` too, unless it already holds them."""
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    inputs = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in inputs)).hexdigest()
    if STAMP.is_file() and STAMP.read_text() in {f"{wanted} {extras}", f"{wanted} [dev]"}:
        return
    print("Setting up .venv with the pinned packages (some minutes the first time) ...")
    if lacks_ensurepip():
        need_system_packages(["python3-venv"], "creating .venv")
    venv.create(ENVIRONMENT, with_pip=True)
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # What is never imported need not be compiled; Python compiles the rest when it is.
    options = ["--no-compile", "--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *options, "--editable", f"{ROOT}{extras}"], check=True)
    print("Compiling the statistics' kernels ...")
    run("python", "-m", "aiops_pipelines.kernels")
    STAMP.write_text(f"{wanted} {extras}")


def lacks_ensurepip() -> bool:
    """Tell whether this Python lacks ensurepip, as Debian's does without python3-venv."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return True
    return False


def missing_pango() -> list[str]:
    """Return the Debian packages to install for WeasyPrint; none when Pango is there."""
    found = all(map(ctypes.util.find_library, ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")))
    return [] if found else list(PANGO)


def missing_browser() -> list[str]:
    """Return the Debian packages to install for the browser tests."""
    programs = {"chromium": "chromium", "poppler-utils": "pdftoppm"}
    return [package for package in BROWSER if not shutil.which(programs[package])]


def need_system_packages(packages: list[str], purpose: str) -> None:
    """Install Debian packages when allowed to; otherwise say clearly what is missing and stop."""
    if not packages:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    print(f"Missing for {purpose}: {', '.join(packages)}")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    allowed = shutil.which("apt-get") and (not sudo or can_sudo())
    if not allowed:
        sys.exit(f"Please install them, for instance: sudo {' '.join(command)}")
    print("Installing them with apt-get ...")
    quiet = {
        "stdout": subprocess.DEVNULL,
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    }
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=True, **quiet)
    subprocess.run([*sudo, *command], check=True, **quiet)


def can_sudo() -> bool:
    """Tell whether sudo works here without asking for a password."""
    return (
        bool(shutil.which("sudo"))
        and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
    )


def run(program: str, *arguments: str) -> int:
    """Run a program of .venv in the project's folder; return its exit code."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(ENVIRONMENT)}
    return subprocess.run(
        [str(BIN / program), *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "help", sys.argv[2:]))
