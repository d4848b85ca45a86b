"""A long table from blocks of rows that are numpy arrays until the end.

Hundreds of small Arrow tables would cost more to put together than a day's cases to count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: `words` are one for all of them or a list (n,), `numbers` arrays (n,)."""

    words: Mapping[str, str | Sequence[str]]
    numbers: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.numbers.values())))


def long_table(blocks: Sequence[Rows], schema: pa.Schema) -> pa.Table:
    """Return the rows of all blocks: dictionaries of words, and numbers, null where one has none.

    Every block has all the words, and at least one number.
    """
    columns = [
        _words(blocks, field.name)
        if pa.types.is_dictionary(field.type)
        else _numbers(blocks, field)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _words(blocks: Sequence[Rows], name: str) -> pa.Array:
    known: dict[str, int] = {}
    codes = [np.empty(0, np.int32)]
    for block in blocks:
        words = block.words[name]
        if isinstance(words, str):
            codes.append(np.full(len(block), known.setdefault(words, len(known)), np.int32))
        else:
            codes.append(np.array([known.setdefault(w, len(known)) for w in words], np.int32))
    return pa.DictionaryArray.from_arrays(np.concatenate(codes), pa.array(list(known), pa.string()))


def _numbers(blocks: Sequence[Rows], field: pa.Field) -> pa.Array:
    kind = field.type.to_pandas_dtype()
    given = [block.numbers.get(field.name) for block in blocks]
    values = [
        np.zeros(len(block), kind) if column is None else column
        for block, column in zip(blocks, given, strict=True)
    ]
    absent = np.repeat([column is None for column in given], [len(block) for block in blocks])
    joined = np.concatenate([np.empty(0, kind), *values])
    return pa.array(joined, field.type, mask=absent)
