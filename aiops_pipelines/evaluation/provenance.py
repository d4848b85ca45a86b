"""What computed a figure: the version and a hash of the code, so that it can be computed again."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_COMPUTING = ("evaluation", "statistics")


@cache
def code_identity() -> str:
    """Return version and hash of the source of all that computes figures: "0.1.0+3f2a...".

    Two figures with the same identity, and of the same data, are the same to the last bit.
    """
    package = Path(__file__).resolve().parents[1]
    sources = sorted(file for room in _COMPUTING for file in (package / room).rglob("*.py"))
    read = hashlib.sha256()
    for file in sources:
        read.update(f"{file.relative_to(package)}\n".encode())
        read.update(file.read_bytes())
    return f"{version('aiops-pipelines')}+{read.hexdigest()[:12]}"
