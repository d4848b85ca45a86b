"""Finds rows that say the same thing twice, that contradict each other, and that are replaced."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_PSEUDONYM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Repeats:
    """Masks over all rows: `replaced` by a later file's, the `same` again, `contradicting`."""

    replaced: np.ndarray
    same: np.ndarray
    contradicting: np.ndarray


def find_repeats(
    blocks: Sequence[pa.Table],
    sources: Sequence[pa.Table],
    key: Sequence[str],
    content: Sequence[str],
    corrected: Sequence[str] = (),
) -> Repeats:
    """Return which rows of the blocks (in order, with `sources`) are not to be kept.

    Of the rows with the same `key` the one last received is kept, the last in file order among
    those received at the same time. The others repeat it if their `content` is equal. Missing
    values equal each other. With `corrected`, rows equal in these columns to a row of a later
    file are replaced by it before anything is compared.
    """
    total = sum(block.num_rows for block in blocks)
    found = Repeats(*(np.zeros(total, bool) for _ in range(3)))
    repeated = _rows_of_repeated_cases(blocks)
    if repeated.size == 0:
        return found
    names = list(dict.fromkeys([*key, *content, *corrected, "received_at"]))
    frame = _frame(blocks, sources, names, repeated)
    if corrected:
        last = frame.groupby(list(corrected), dropna=False, sort=False)["_file"].transform("max")
        replaced = frame["_file"] < last
        found.replaced[frame.index[replaced]] = True
        frame = frame[~replaced]
    frame = frame.sort_values("received_at", kind="stable")
    case = frame.groupby(list(key), dropna=False, sort=False).ngroup()
    said = frame.groupby([*key, *content], dropna=False, sort=False).ngroup()
    loses = case.duplicated(keep="last").to_numpy()
    equal = (said == said.groupby(case).transform("last")).to_numpy()
    found.same[frame.index[loses & equal]] = True
    found.contradicting[frame.index[loses & ~equal]] = True
    return found


def _rows_of_repeated_cases(blocks: Sequence[pa.Table]) -> np.ndarray:
    """Return the numbers of rows whose case_id may stand in another row too.

    By 64 bits of the pseudonyms, which costs 8 bytes a row; the few that agree by chance are
    told apart afterwards.
    """
    prints = [_fingerprints(block["case_id"]) for block in blocks]
    ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *prints]))
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    return np.flatnonzero(np.concatenate([np.empty(0, bool), *(_among(twice, p) for p in prints)]))


def _among(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Tell which values are among the `ordered` ones, with little more memory than the answer."""
    if not ordered.size:
        return np.zeros(values.size, bool)
    place = np.searchsorted(ordered, values)
    found: np.ndarray = ordered[np.minimum(place, ordered.size - 1)] == values
    return found


def _fingerprints(pseudonyms: pa.ChunkedArray) -> np.ndarray:
    array = pseudonyms.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if not len(array):
        return np.empty(0, np.uint64)
    fixed = array.cast(pa.binary()).cast(pa.binary(_PSEUDONYM_BYTES))
    start = fixed.offset * _PSEUDONYM_BYTES
    words = np.frombuffer(fixed.buffers()[1], np.uint64, len(fixed) * 4, start).reshape(-1, 4)
    mixed: np.ndarray = words[:, 0] * np.uint64(0x9E3779B97F4A7C15) + words[:, 1]
    return mixed


def _frame(
    blocks: Sequence[pa.Table], sources: Sequence[pa.Table], names: list[str], rows: np.ndarray
) -> pd.DataFrame:
    """Return the columns `names` of these rows, indexed by row, with the number of the file."""
    chosen = list(_rows_of_blocks(blocks, rows))
    table = pa.concat_tables(
        [block.select(names).take(here) for block, here in zip(blocks, chosen, strict=True)]
    )
    files = pa.concat_tables(
        [source.select(["file"]).take(here) for source, here in zip(sources, chosen, strict=True)]
    )
    frame: pd.DataFrame = table.unify_dictionaries().to_pandas()
    names_of_files = files["file"].cast(pa.string())
    frame["_file"] = pc.index_in(names_of_files, names_of_files.unique())
    frame.index = pd.Index(rows)
    return frame


def _rows_of_blocks(blocks: Sequence[pa.Table], rows: np.ndarray) -> Iterator[pa.Array]:
    """Yield, for each block, which of its own rows are among `rows` of all, in order."""
    start = 0
    for block in blocks:
        end = start + block.num_rows
        yield pa.array(rows[np.searchsorted(rows, start) : np.searchsorted(rows, end)] - start)
        start = end
