"""What a feed may say in SQL: one SELECT that reads, in a dialect that sqlglot knows."""

from collections.abc import Sequence

DIALECTS = ("postgres", "tsql", "oracle")


def check_select(sql: str, dialects: Sequence[str] = DIALECTS) -> None:
    """Raise ValueError unless `sql`, in one of the dialects, is a single SELECT that only reads.

    A UNION of SELECTs and common table expressions are allowed; any statement that writes,
    anywhere in it, SELECT INTO and locking reads are not.
    """
    import sqlglot
    from sqlglot import exp

    problem = ""
    for dialect in dialects:
        try:
            statements = sqlglot.parse(sql, dialect=dialect)
        except (sqlglot.errors.SqlglotError, RecursionError) as error:
            problem = problem or f"not readable as SQL: {str(error).splitlines()[0][:120]}"
            continue
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise ValueError("a feed by SQL is a single SELECT, and nothing else")
        refused = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command)
        reads = (exp.Query, exp.Subquery)
        for part in statements[0].walk():
            if isinstance(part, refused) and not isinstance(part, reads):
                raise ValueError(f"a feed by SQL only reads: {part.key.upper()} is refused")
        return
    raise ValueError(problem)
