"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_file(path: Path, content: bytes) -> Path:
    """Write one file atomically, with the folders above it, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return path
