"""Measured tables in documents: Markdown rows, put between a block's markers.

A block is `<!-- name -->`, the table, `<!-- end -->`; what stands around it is written by people.
Knows Python's standard library only, so that it runs in every environment.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]], right: bool = False) -> str:
    """Return a table; `right` aligns all columns but the first to the right."""
    ruler = ["---", *(("--:" if right else "---") for _ in header[1:])]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [header, ruler, *rows])


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
