"""An outsider who reads one record and tries to work out a small count of persons.

He knows the published cells, which cells were withheld, and every count printed as a number. He subtracts along each line of a table whose total stands
in it, or in another table under the same categories, or in a number; and he reads a withheld cell in any other table that shows it.
"""

from itertools import combinations

TOTAL = "total"


def texts(value):
    """A category as a reader sees it."""
    return value.get("it", value.get("code")) if isinstance(value, dict) else str(value)


def code(value):
    return value.get("code", value.get("it")) if isinstance(value, dict) else str(value)


class Counts:
    """One column of persons of one table: its cells by row, None where withheld."""

    def __init__(self, where, table, name):
        self.where, self.name = f"{where} {name}", name
        self.dims = [c["name"] for c in table["columns"] if c["role"] == "category"]
        names = {text for column in table["columns"] for text in column["label"].values()}
        withheld = {(row, column) for row, column in table["suppressed"]}
        self.rows = table["rows"]
        self.values = [None if (i, name) in withheld else row[name] for i, row in enumerate(self.rows)]
        self.labels = [
            frozenset(
                texts(row[d]) for d in self.dims if code(row[d]) != TOTAL and texts(row[d]) not in names
            )
            for row in self.rows
        ]

    def lines(self):
        """(labels that are fixed, positions of the cells, value of the total row or None)."""
        sizes = range(1, len(self.dims) + 1)
        for along in (part for size in sizes for part in combinations(self.dims, size)):
            groups = {}
            for i, row in enumerate(self.rows):
                fixed = tuple(texts(row[d]) for d in self.dims if d not in along)
                groups.setdefault(fixed, []).append(i)
            for fixed, members in groups.items():
                marks = {i: [code(self.rows[i][d]) == TOTAL for d in along] for i in members}
                own = [i for i in members if all(marks[i])]
                cells = [i for i in members if not any(marks[i])]
                if len(cells) > 1 and len(own) <= 1:
                    yield frozenset(fixed), cells, own[0] if own else None


def published(record):
    for key, table in record["tables"].items():
        yield key, table
    yield from record.get("methods", {}).items()
    for key, entry in [*record["figures"].items(), *record.get("worksheets", {}).items()]:
        for name, table in entry["tables"].items():
            yield f"{key}.{name}", table


def leaks(record):
    """Lines whose withheld cells hold together more than none and fewer than the threshold, as far as the outsider can tell."""
    threshold = record["context"]["disclosure"]["threshold"]
    columns = [
        Counts(key, table, column["name"])
        for key, table in published(record)
        if not table.get("public")
        for column in table["columns"]
        if column.get("counts") == "persons" and column["role"] == "count"
    ]
    totals = [("n", frozenset(), value) for value in numbers(record)]
    totals += [
        (column.name, labels, value)
        for column in columns
        for labels, value in zip(column.labels, column.values)
        if value is not None
    ]
    found = []
    for column in columns:
        values = [
            value if value is not None else elsewhere(column, i, columns, threshold)
            for i, value in enumerate(column.values)
        ]
        for fixed, cells, own in column.lines():
            hidden = [i for i in cells if values[i] is None]
            if not hidden:
                continue
            seen = sum(values[i] for i in cells if values[i] is not None)
            known = (
                [values[own]]
                if own is not None
                else [v for name, labels, v in totals if name == column.name and labels <= fixed]
            )
            rests = [total - seen for total in known if total is not None]
            # several withheld cells hold at least one person each
            close = [rest for rest in rests if len(hidden) <= rest < threshold]
            if close:
                found.append(f"{column.where}: {[sorted(column.labels[i]) for i in hidden]} ≤ {min(close)}")
    return found


def numbers(record):
    for number in record["numbers"].values():
        if number["counts"] == "persons" and not number.get("public") and not number["suppressed"]:
            yield from (
                value
                for value in (number.get("n"), number["value"] if number["unit"] == "persons" else None)
                if value is not None
            )


def elsewhere(column, row, columns, threshold):
    """The value of a withheld cell in another table that tells of the same persons: it agrees wherever both show a cell."""
    labels = column.labels[row]
    for other in columns:
        if other is column or other.name != column.name or not labels or labels not in other.labels:
            continue
        mine = {k: v for k, v in zip(column.labels, column.values) if v is not None}
        both = [
            abs(mine[k] - v) < threshold
            for k, v in zip(other.labels, other.values)
            if v is not None and k in mine
        ]
        value = other.values[other.labels.index(labels)]
        if both and all(both) and value is not None:
            return value
    return None
