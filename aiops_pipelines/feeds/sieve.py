"""Takes rows through rules: a row is refused once, by the first rule it breaks."""

import numpy as np
import pyarrow as pa

from aiops_pipelines.feeds.batch import MASKED, quarantine_rows
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.schema import QUARANTINE


class Sieve:
    """The rows that are still kept, and the quarantine rows of those that are not.

    All masks are boolean with one entry a row of `provenance` (schema PROVENANCE).
    """

    def __init__(self, feed: str, provenance: pa.Table) -> None:
        """Start with every row kept."""
        self._feed = feed
        self._provenance = provenance
        self._refused = [QUARANTINE.empty_table()]
        self.kept = np.ones(provenance.num_rows, bool)

    def refuse(
        self, broken: np.ndarray, rule: Rule, column: str, masked: str | np.ndarray = MASKED
    ) -> None:
        """Refuse the rows where `broken`, unless they are refused already."""
        self.note(broken, rule, column, masked)
        self.kept &= ~broken

    def note(
        self, broken: np.ndarray, rule: Rule, column: str, masked: str | np.ndarray = MASKED
    ) -> None:
        """Write the kept rows where `broken` into quarantine but keep them."""
        found = broken & self.kept
        if found.any():
            rows = quarantine_rows(self._feed, self._provenance, found, rule, column, masked)
            self._refused.append(rows)

    def quarantine(self) -> pa.Table:
        """Return all that was refused or noted."""
        return pa.concat_tables(self._refused)

    def sifted(self, table: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Return the kept rows of `table` and of the provenance, in memory of their own.

        What stays long must not lie between what is soon given back.
        """
        kept = pa.array(self.kept)
        return table.filter(kept), self._provenance.filter(kept)
