"""The one door by which anything leaves a notebook: numbers, tables, figures, statements, methods and worksheets, kept in one record.

What belongs here: what an entry must carry, its protection, and the writing of the record. What does not: how a table or figure is
turned into JSON, SVG and cell output (entries.py), which cells must be suppressed (disclosure.py), prose and captions (analysis.publish).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from analysis import places
from analysis.errors import DisclosureError, EvidenceError, Fault, language, say
from analysis.evidence import columns as specs
from analysis.evidence import disclosure, entries
from analysis.evidence import style as house
from analysis.evidence.context import read_context
from analysis.evidence.numbers import Number
from analysis.evidence.words import LANGUAGES, Words, format_number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMA = 1
FORMS = ("higher", "lower", "unclear")
OPTIONAL = ("worksheets",)  # groups that a record names only where it holds them
TOPICS = ("sampling", "instrument", "scoring", "weights", "missing", "specification", "codebook")
Columns = Mapping[str, Mapping[str, Any]]


class Difference(Protocol):
    """What a statement is chosen from: an estimate with its interval and the number of units behind it.

    It may carry `cells`, the counts of the groups compared: a small one withholds the statement.
    """

    estimate: float
    low: float
    high: float
    n: int


def open_record(context: Mapping[str, Any], notebook: str) -> Record:
    """The record of one run of `notebook` on the study of `context`.

    The notebook's words and statements are read from `<notebook>.toml` beside it. The record goes to the folder that the batch names
    (`ALTRO_RUN`), else to build/scratch.
    """
    path = places.notebooks() / f"{notebook}.toml"
    if not path.exists():
        raise EvidenceError(
            Fault(
                say(f"manca {path.name}", f"{path.name} is missing"),
                where="notebooks/",
                next_step=say(
                    f"Crearlo con: altro new --notebook {notebook}",
                    f"Create it with: altro new --notebook {notebook}",
                ),
            )
        )
    return Record(context, notebook, tomllib.loads(path.read_text(encoding="utf-8")))


class Record:
    """Collects entries under stable keys; `close()` writes them, sorted, as evidence.json. A record without it is never published."""

    def __init__(self, context: Mapping[str, Any], notebook: str, front: Mapping[str, Any]) -> None:
        self.notebook = notebook
        self.front = front
        self._context = read_context(context)
        self._words = {
            lang: Words(lang, front.get("words", {}), context.get("labels", {}), notebook)
            for lang in LANGUAGES
        }
        self._batch = "ALTRO_RUN" in os.environ
        self.folder = (
            Path(os.environ["ALTRO_RUN"])
            if self._batch
            else places.build() / "scratch" / str(context.get("study", "study")) / notebook
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._entries: dict[str, dict[str, Any]] = {
            "numbers": {},
            "tables": {},
            "figures": {},
            "statements": {},
            "methods": {},
            "worksheets": {},
        }
        self._seen: set[str] = set()

    # -- the six kinds of entry --------------------------------------------------------------------------------------

    def number(
        self,
        key: str,
        value: float | int | None,
        unit: str,
        *,
        n: int | None = None,
        cases: int | None = None,
        cells: Sequence[int] = (),
        counts: str = "persons",
        se: float | None = None,
        low: float | None = None,
        high: float | None = None,
        digits: int | None = None,
        kind: str = "float",
        tolerance: float = 1e-9,
        seed: int | None = None,
        public: str | None = None,
    ) -> None:
        """Keep one number. `cases` is the unweighted numerator of a share of persons, `cells` any other counts behind the value (the groups of a difference); `public` is the reason why no counts are needed.

        A count of persons is its own n. `kind` says how the value may differ when run again: exact, float (relative `tolerance`), or
        stochastic (with its `seed` and interval).
        """
        where = f"ev.number('{key}')"
        plain = [entries.plain(item) for item in (value, n, cases, se, low, high)]
        value, n, cases, se, low, high = plain
        number = Number(
            value, unit, n, cases, cells, counts, se, low, high, digits, kind, tolerance, seed, public
        )
        faults = self._key_faults(key, where) + number.faults(where)
        if faults:
            raise EvidenceError(faults)
        entry = number.entry(self._context.rules)
        self._keep("numbers", key, entry)
        entries.show(
            key, "number", text=f"{key} = {format_number(entry['value'], unit, digits, self._language)}"
        )

    def table(
        self,
        key: str,
        frame: pd.DataFrame,
        columns: Columns | None = None,
        *,
        public: str | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a table; `columns` completes `frame.attrs["columns"]` (see columns.py), `source` (it, en) replaces the study's source line."""
        where = f"ev.table('{key}')"
        self._check_key(key, where, "tbl-")
        entry = self._protected(frame, columns, where, public, source, printed=True)[1]
        self._keep("tables", key, entry)
        entries.show(key, "table", html=entries.html(entry, self._words[self._language], key), text=key)

    def method(
        self,
        key: str,
        topic: str,
        frame: pd.DataFrame,
        columns: Columns | None = None,
        *,
        public: str | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a table of how something was done, for the methods appendix: the paper does not print it. Arguments as for `table`; its caption stands in `[methods.<key>]`."""
        where = f"ev.method('{key}')"
        self._check_key(key, where, "mth-")
        if topic not in TOPICS:
            what = say(f"argomento «{topic}» sconosciuto", f"unknown topic '{topic}'")
            raise EvidenceError(Fault(what, where, ", ".join(TOPICS)))
        entry = self._protected(frame, columns, where, public, source, printed=True)[1] | {"topic": topic}
        self._keep("methods", key, entry)
        entries.show(key, "method", html=entries.html(entry, self._words[self._language], key), text=key)

    def worksheet(self, key: str, sheets: Mapping[str, pd.DataFrame], *, public: str | None = None) -> None:
        """Keep tables to be filled in by hand, as a workbook that the paper does not print; title, introduction and names of sheets stand in `[worksheets.<key>]`.

        Each sheet is specified as a table is. Its columns that hold nothing are those to fill in; `frame.attrs["form"]` asks for the layout of a study's own table.
        """
        where = f"ev.worksheet('{key}')"
        self._check_key(key, where, "wks-")
        if not sheets:
            raise EvidenceError(Fault(say("nessun foglio", "no sheet"), where))
        tables: dict[str, dict[str, Any]] = {}
        for name, frame in sheets.items():
            tables[name] = self._protected(frame, None, f"{where} {name}", public, None, printed=True)[1]
            tables[name] |= {"form": True} if frame.attrs.get("form") else {}
        self._keep("worksheets", key, {"order": list(tables), "tables": tables})
        words = self._words[self._language]
        shown = "".join(entries.html(table, words, f"{key}-{name}") for name, table in tables.items())
        entries.show(key, "worksheet", html=shown, text=key)

    def figure(
        self,
        key: str,
        data: pd.DataFrame | Mapping[str, pd.DataFrame],
        draw: Callable[..., Figure],
        columns: Columns | Mapping[str, Columns] | None = None,
        *,
        public: str | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        """Protect `data` (a tidy table, or several by name), then draw it once per language with the same random state.

        `draw(data, words)` returns a matplotlib figure; both languages must plot equal coordinates.
        """
        where = f"ev.figure('{key}')"
        self._check_key(key, where, "fig-")
        several = isinstance(data, Mapping)
        frames: dict[str, pd.DataFrame] = dict(data) if isinstance(data, Mapping) else {"data": data}
        given: dict[str, Any] = dict(columns or {}) if several else {"data": columns}
        protected: dict[str, Any] = {}
        tables: dict[str, Any] = {}
        for name, frame in frames.items():
            protected[name], tables[name] = self._protected(
                frame, given.get(name), f"{where} {name}", public, source, printed=False
            )
        style = house.choose(key, self._context.head.get("style", {}), self.front.get("style", {}))
        protected = {name: style.arrange(frame) for name, frame in protected.items()}
        head = {**self._context.head, "source": source or self._context.head.get("source")}
        drawn = {
            lang: entries.drawing(
                draw,
                protected if several else protected["data"],
                self._words[lang],
                style,
                head,
                where,
            )
            for lang in LANGUAGES
        }
        entries.refuse_unequal(drawn, where)
        for lang in LANGUAGES:
            style.entitle(drawn[lang], lang)
        svg = {lang: entries.svg(drawn[lang], style) for lang in LANGUAGES}
        for lang in LANGUAGES:
            entries.write(self.folder / f"{key}.{lang}.svg", svg[lang])
        entries.write(self.folder / f"{key}.csv", entries.csv(tables))
        width, height = drawn["it"].get_size_inches()
        entry = {
            "csv": f"{key}.csv",
            "svg": {lang: f"{key}.{lang}.svg" for lang in LANGUAGES},
            "width": round(float(width), 4),
            "height": round(float(height), 4),
            "tables": tables,
        }
        self._keep("figures", key, entry)
        entries.show(key, "figure", svg=svg[self._language], text=key)

    def statement(
        self,
        key: str,
        difference: Difference,
        unit: str = "points",
        digits: int | None = None,
        *,
        public: str | None = None,
    ) -> None:
        """Choose one of three sentences by the interval of `difference`: higher (low > 0), lower (high < 0), else unclear.

        The sentences stand in the notebook's TOML, `[statements.<key>]`; they may print {estimate}, {low}, {high} and {n}.
        """
        where = f"ev.statement('{key}')"
        faults = self._key_faults(key, where)
        sentences = self.front.get("statements", {}).get(key, {})
        faults += [
            Fault(
                say(f"manca la frase «{form}» in {lang}", f"the sentence '{form}' is missing in {lang}"),
                f"notebooks/{self.notebook}.toml [statements.{key}]",
                ", ".join(FORMS),
            )
            for form in FORMS
            for lang in LANGUAGES
            if not sentences.get(form, {}).get(lang)
        ]
        if faults:
            raise EvidenceError(faults)
        estimate, low, high = (
            entries.plain(item) for item in (difference.estimate, difference.low, difference.high)
        )
        n = int(difference.n)
        behind = (n, *getattr(difference, "cells", ()))
        suppressed = not public and any(0 < count < self._context.rules.threshold for count in behind)
        if suppressed or estimate is None or low is None or high is None:
            entry: dict[str, Any] = {
                "form": None,
                "suppressed": True,
                "unit": unit,
                "text": {lang: self._words[lang]("not_shown") for lang in LANGUAGES},
            }
        else:
            form = "higher" if low > 0 else "lower" if high < 0 else "unclear"
            named = {
                lang: {name: format_number(abs(item) if name == "size" else item, unit, digits, lang) for name, item in
                       (("estimate", estimate), ("size", estimate), ("low", low), ("high", high))}
                for lang in LANGUAGES
            }  # fmt: skip
            entry = {
                "form": form, "estimate": estimate, "low": low, "high": high, "n": n, "unit": unit, "suppressed": False,
                "text": {lang: sentences[form][lang].format(**named[lang], n=format_number(n, "count", 0, lang)) for lang in LANGUAGES},
            }  # fmt: skip
        self._keep("statements", key, entry)
        entries.show(key, "statement", text=entry["text"][self._language])

    def close(self) -> None:
        """Write evidence.json; the record is complete only with it."""
        document = {
            "schema": SCHEMA,
            "notebook": self.notebook,
            "parameters": json.loads(os.environ.get("ALTRO_PARAMETERS", "{}")),
            "context": entries.plain(dict(self._context.head)),
            **{group: held for group, held in self._entries.items() if held or group not in OPTIONAL},
        }
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
        entries.write(self.folder / "evidence.json", text + "\n")

    # -- inside --------------------------------------------------------------------------------------------------------

    @property
    def _language(self) -> str:
        return "it" if self._batch else language()

    def _key_faults(self, key: str, where: str) -> list[Fault]:
        if key in self._seen:
            return [
                Fault(
                    say("chiave già usata", "key already used"),
                    where,
                    next_step=say("Sceglierne un'altra.", "Choose another."),
                )
            ]
        return []

    def _check_key(self, key: str, where: str, prefix: str) -> None:
        faults = self._key_faults(key, where)
        if not key.startswith(prefix):
            faults.append(Fault(say(f"chiave «{key}»", f"key '{key}'"), where, f"{prefix}…"))
        if faults:
            raise EvidenceError(faults)

    def _keep(self, kind: str, key: str, entry: dict[str, Any]) -> None:
        self._seen.add(key)
        self._entries[kind][key] = entry

    def _protected(
        self,
        frame: pd.DataFrame,
        columns: Columns | None,
        where: str,
        public: str | None,
        source: Mapping[str, str] | None,
        *,
        printed: bool,
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        resolved = specs.resolve(frame, columns, where, public)
        named = entries.name_organisations(frame, resolved, self._context.organisations, where)
        if public:
            mask = named.isna() & False
        else:
            try:
                named, mask = disclosure.protect(named, resolved, self._context.rules)
            except DisclosureError as error:
                raise DisclosureError(
                    [Fault(f.what, f"{where}: {f.where}", f.allowed, f.next_step) for f in error.faults]
                ) from error
        shown = [column for column in resolved if not column.hidden]
        document = entries.table(named, shown, mask, self._words, printed)
        document |= {key: value for key, value in (("public", public), ("source", source)) if value}
        return named[[column.name for column in shown]], document
