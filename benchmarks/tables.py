"""Measured tables in documents: Markdown rows, put between a block's markers.

A block is `<!-- name -->`, the table, `<!-- end -->`; what stands around it is written by people.
Knows Python's standard library only, so that it runs in every environment.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of these rows."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def write_block(document: Path, name: str, text: str) -> None:
    """Replace what the block `name` of `document` holds; ValueError unless it has just one."""
    pattern = rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)"
    changed, found = re.subn(
        pattern, lambda m: f"{m[1]}{text}\n{m[2]}", document.read_text(), flags=re.DOTALL
    )
    if found != 1:
        raise ValueError(f"{document.name}: must have one block <!-- {name} -->, has {found}")
    draft = document.with_suffix(".draft")
    draft.write_text(changed)
    draft.replace(document)
