"""Finds rows that say the same thing twice, and rows that contradict each other."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def find_duplicates(
    table: pa.Table, key: Sequence[str], content: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows to refuse: those repeating the row kept, and those contradicting it.

    Of the rows with the same `key` the one last received is kept, the last in file order among
    those received at the same time. The others repeat it if their `content` is equal. Missing
    values equal each other.
    """
    same, other = np.zeros(table.num_rows, bool), np.zeros(table.num_rows, bool)
    codes = pc.dictionary_encode(table[key[0]].combine_chunks()).indices.to_numpy()
    repeated = np.flatnonzero(np.bincount(codes)[codes] > 1) if codes.size else codes
    if repeated.size == 0:
        return same, other
    names = list(dict.fromkeys([*key, *content, "received_at"]))
    frame = table.select(names).take(pa.array(repeated)).to_pandas()
    frame = frame.sort_values("received_at", kind="stable")
    case = frame.groupby(list(key), dropna=False, sort=False).ngroup()
    said = frame.groupby([*key, *content], dropna=False, sort=False).ngroup()
    loses = case.duplicated(keep="last").to_numpy()
    equal = (said == said.groupby(case).transform("last")).to_numpy()
    where = repeated[frame.index.to_numpy()]
    same[where] = loses & equal
    other[where] = loses & ~equal
    return same, other
