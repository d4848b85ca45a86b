"""Text that a spreadsheet would run as a formula when somebody exports a table.

See OWASP, CSV Injection: cells that begin with =, +, - or @. Numbers with a sign and laboratory
codes such as "+" or "+/-" are no formulas.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.feeds.values import Columns

_FORMULA = r"^[=@+\-]"
_HARMLESS = r"^(?:[+-]?[\d.,]+(?:[eE][+-]?\d+)?%?|[+/-]{1,4})$"


def plain_text(columns: Columns, name: str, sieve: Sieve) -> pa.Array:
    """Return a column as text, missing and noted in quarantine where it begins like a formula."""
    text = columns.text(name)
    begins = pc.match_substring_regex(text, _FORMULA).fill_null(False)
    if not pc.any(begins, min_count=0).as_py():
        return text
    harmless = pc.match_substring_regex(text, _HARMLESS).fill_null(True)
    formula: np.ndarray = pc.and_(begins, pc.invert(harmless)).to_numpy(zero_copy_only=False)
    sieve.note(formula, Rule.FORMULA, name, "text")
    return pc.if_else(pa.array(formula), pa.scalar(None, pa.string()), text)
