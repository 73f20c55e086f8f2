"""How rows become SQL: few statements of many rows, in the words of each database.

SQLite's driver gives up the interpreter for each row that it is handed one by one, and where the event loop
is busy it gets it back 5 ms later. So many rows go in one statement.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import batched, chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import orjson

from .models import BY_ROW, Kept

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .rows import Row

# So many rows a statement: few different ones, so that drivers can keep them prepared, and no more
# values than any database takes.
_SIZES = (256, 64, 16, 4, 1)


def statements_for(
    dialect: Dialect, rows: Iterable[Row]
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """SQL and values that write the rows; of those with one key one counts.

    Raises TypeError, ValueError or OverflowError for what is no JSON.
    """
    for kept, of_kind in _by_kind(rows):
        left = [_values(kept, row) for row in of_kind]
        for size in _SIZES:
            whole = len(left) - len(left) % size
            if not whole:
                continue
            text = _text(dialect, kept, size)
            for some in batched(left[:whole], size, strict=True):
                yield text, tuple(chain.from_iterable(some))
            left = left[whole:]


def _by_kind(rows: Iterable[Row]) -> Iterator[tuple[Kept, Iterable[Row]]]:
    found: defaultdict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    for kind, of_kind in found.items():
        kept = BY_ROW[kind]
        if not kept.key:
            yield kept, of_kind
            continue
        # No database replaces a row twice in one statement.
        key = attrgetter(*kept.key)
        one_each: dict[object, Row] = {}
        for row in of_kind:
            if kept.replaced:
                one_each[key(row)] = row
            else:
                one_each.setdefault(key(row), row)
        yield kept, one_each.values()


@cache
def _getter(kept: Kept) -> tuple[attrgetter[tuple[Any, ...]], tuple[int, ...]]:
    """What reads a row's columns, and which of them become JSON."""
    places = tuple(place for place, name in enumerate(kept.columns) if name in kept.json)
    return attrgetter(*kept.columns), places


def _values(kept: Kept, row: Row) -> tuple[object, ...]:
    getter, places = _getter(kept)
    values: tuple[object, ...] = getter(row)
    if not places:
        return values
    changed = list(values)
    for place in places:
        if (value := changed[place]) is not None:
            changed[place] = orjson.dumps(value).decode()
    return tuple(changed)


def _text(dialect: Dialect, kept: Kept, size: int) -> str:
    return _cached_text(dialect.name, dialect.paramstyle == "qmark", kept, size)


@cache
def _cached_text(database: str, marks: bool, kept: Kept, size: int) -> str:
    row = f"({', '.join(['?' if marks else '%s'] * len(kept.columns))})"
    text = (
        f"INSERT INTO {kept.table.name} ({', '.join(kept.columns)}) "  # noqa: S608 # all names are ours
        f"VALUES {', '.join([row] * size)}"
    )
    if not kept.key:
        return text
    others = [name for name in kept.columns if name not in kept.key]
    if database in {"mysql", "mariadb"}:
        # What changes nothing leaves the row as it is.
        told = others if kept.replaced else []
        sets = [f"{name}=VALUES({name})" for name in told] or ["id=id"]
        return f"{text} ON DUPLICATE KEY UPDATE {', '.join(sets)}"
    on = f"{text} ON CONFLICT ({', '.join(kept.key)}) DO"
    if not kept.replaced:
        return f"{on} NOTHING"
    return f"{on} UPDATE SET {', '.join(f'{name}=excluded.{name}' for name in others)}"
