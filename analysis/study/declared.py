"""Reading a hand-written TOML file key by key, so that every fault is found at once and no misspelt key is passed over in silence.

`Section` hands out typed values and remembers which keys were asked for; `close` reports the others. Faults are of two kinds: `broken`
(the file cannot be used) and `pending` (an edition cannot be published yet: a missing translation, a text still to fill in).
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import Label, nearest

BOTH = '{ it = "…", en = "…" }'
PLACEHOLDERS = ("DA COMPLETARE", "TO FILL IN")
LANGUAGES = {"it": ("italiano", "Italian"), "en": ("inglese", "English")}


@dataclass
class Findings:
    """Faults gathered while a file is read."""

    broken: list[Fault] = field(default_factory=list)
    pending: list[Fault] = field(default_factory=list)


def load(path: Path, shown: str) -> dict[str, Any]:
    """The TOML file as a mapping. Raises StudyError when it is absent, not UTF-8 or not TOML (with line and column)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(Fault(say("il file manca", "the file is missing"), shown)) from None
    except UnicodeDecodeError:
        raise StudyError(
            Fault(say("il file non è scritto in UTF-8", "the file is not written in UTF-8"), shown, "UTF-8")
        ) from None
    except tomllib.TOMLDecodeError as error:
        step = say(
            "I testi stanno fra virgolette, le date e i numeri no; in un testo fra virgolette la barra \\ va raddoppiata.",
            "Texts stand in quotation marks, dates and numbers do not; in a quoted text a backslash \\ must be doubled.",
        )
        raise StudyError(
            Fault(say(f"non è TOML valido ({error})", f"not valid TOML ({error})"), shown, "", step)
        ) from error


class Section:
    """One table of a TOML file: typed access that gathers faults."""

    def __init__(self, values: Any, shown: str, name: str = "", findings: Findings | None = None) -> None:
        self.findings = findings if findings is not None else Findings()
        self.shown, self.name = shown, name
        self.asked: list[str] = []
        if not isinstance(values, dict):
            self.break_("", say("non è una sezione", "is not a section"), "[…]")
            values = {}
        self.values: dict[str, Any] = values

    def where(self, key: str = "") -> str:
        """`data/demo/study.toml, [sampling.residents] kind`."""
        parts = [f"[{self.name}]"] if self.name else []
        place = " ".join([*parts, key] if key else parts)
        return f"{self.shown}, {place}" if place else self.shown

    def break_(self, key: str, what: str, allowed: str = "", step: str = "") -> None:
        """Note a fault that makes the file unusable."""
        self.findings.broken.append(Fault(what, self.where(key), allowed, step))

    def pend(self, key: str, what: str, allowed: str = "", step: str = "") -> None:
        """Note a fault that only stops an edition."""
        fault = Fault(what, self.where(key), allowed, step)
        if fault not in self.findings.pending:
            self.findings.pending.append(fault)

    def raw(
        self, key: str, kinds: tuple[type, ...], kind: str, required: bool = False, lenient: bool = False
    ) -> Any:
        """The value under `key` if it is of one of the kinds, else None (and a fault)."""
        self.asked.append(key)
        note = self.pend if lenient else self.break_
        if key not in self.values:
            if required:
                note(key, say("manca", "is missing"), kind)
            return None
        value = self.values[key]
        wrong_bool = isinstance(value, bool) and bool not in kinds
        wrong_time = isinstance(value, dt.datetime) and dt.datetime not in kinds
        if not isinstance(value, kinds) or wrong_bool or wrong_time:
            self.break_(key, say(f"«{value}» non va bene", f"“{value}” will not do"), kind)
            return None
        return value

    def text(
        self,
        key: str,
        required: bool = False,
        choices: Iterable[str] = (),
        default: str = "",
        lenient: bool = False,
    ) -> str:
        """A text, if `choices` are given one of them."""
        choices = tuple(choices)
        kind = ", ".join(choices) or say("un testo fra virgolette", "a text in quotation marks")
        value = self.raw(key, (str,), kind, required, lenient)
        if value is None:
            return default
        if choices and value not in choices:
            near = nearest(value, choices)
            step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
            self.break_(key, say(f"«{value}» non è ammesso", f"“{value}” is not allowed"), kind, step)
            return default
        if not value.strip() and required:
            (self.pend if lenient else self.break_)(key, say("è vuoto", "is empty"), kind)
        self._filled(key, value)
        return value

    def _filled(self, key: str, value: str) -> None:
        if any(mark in value for mark in PLACEHOLDERS):
            self.pend(key, say("è ancora da completare", "is still to be filled in"))

    def label(self, key: str, required: bool = False) -> Label | None:
        """A text in both languages; a missing language is pending and borrows the other one."""
        value = self.raw(key, (dict,), BOTH, required)
        return None if value is None else self.both(key, value)

    def both(self, key: str, value: dict) -> Label | None:
        """`value` as a label, with the faults of unknown or missing languages."""
        strange = [name for name in value if name not in LANGUAGES]
        texts = {
            name: text
            for name, text in value.items()
            if name in LANGUAGES and isinstance(text, str) and text.strip()
        }
        if strange:
            self.break_(
                key, say(f"«{strange[0]}» non è una lingua", f"“{strange[0]}” is not a language"), BOTH
            )
        if not texts:
            self.break_(
                key,
                say("il testo manca in entrambe le lingue", "the text is missing in both languages"),
                BOTH,
            )
            return None
        for name, (italian, english) in LANGUAGES.items():
            if name not in texts:
                self.pend(
                    key,
                    say(f"manca il testo in {italian} ({name})", f"the {english} text ({name}) is missing"),
                    BOTH,
                )
                texts[name] = next(iter(texts.values()))
            self._filled(key, texts[name])
        return {name: texts[name] for name in LANGUAGES}

    def labels(self, key: str) -> dict[str, Label]:
        """A mapping of words to labels: `codes = { f = { it, en }, … }`."""
        value = self.raw(key, (dict,), "{ codice = { it, en }, … }")
        found: dict[str, Label] = {}
        for name, texts in (value or {}).items():
            if isinstance(texts, dict):
                label = self.both(f"{key}.{name}", texts)
                if label:
                    found[name] = label
            else:
                self.break_(
                    f"{key}.{name}",
                    say("non è un testo nelle due lingue", "is not a text in two languages"),
                    '{ it = "…", en = "…" }',
                )
        return found

    def date(self, key: str, required: bool = False) -> dt.date | None:
        """A date without time."""
        return self.raw(
            key,
            (dt.date,),
            say(
                "una data senza virgolette, come 2016-01-31",
                "a date without quotation marks, like 2016-01-31",
            ),
            required,
        )

    def number(
        self, key: str, low: float | None = None, high: float | None = None, default: float | None = None
    ) -> float | None:
        """A number, within [low, high] if given."""
        kind = (
            say("un numero", "a number")
            + ("" if low is None else f" ≥ {low:g}")
            + ("" if high is None else f" ≤ {high:g}")
        )
        value = self.raw(key, (int, float), kind)
        if value is None:
            return default
        if (low is not None and value < low) or (high is not None and value > high):
            self.break_(key, say(f"{value} è fuori dai limiti", f"{value} is out of range"), kind)
            return default
        return value

    def truth(self, key: str, default: bool = False) -> bool:
        """true or false, without quotation marks."""
        value = self.raw(key, (bool,), "true, false")
        return default if value is None else value

    def texts(self, key: str, required: bool = False) -> list[str]:
        """A list of texts; one text alone counts as a list of one."""
        kind = '["…", "…"]'
        value = self.raw(key, (list, str), kind, required)
        items = [value] if isinstance(value, str) else (value or [])
        if any(not isinstance(item, str) for item in items):
            self.break_(key, say(f"«{items}» non va bene", f"“{items}” will not do"), kind)
            return []
        return items

    def section(self, key: str) -> Section | None:
        """The section under `key`, None if absent."""
        value = self.raw(key, (dict,), say("una sezione", "a section"))
        return None if value is None else Section(value, self.shown, self._path(key), self.findings)

    def sections(self, key: str) -> Iterator[tuple[str, Section]]:
        """The sections under `key`: of a table by their names, of a list by their numbers from 1."""
        value = self.raw(key, (dict, list), say("una o più sezioni", "one or more sections"))
        named = (
            value.items()
            if isinstance(value, dict)
            else ((str(i), item) for i, item in enumerate(value or [], start=1))
        )
        for name, item in named:
            yield name, Section(item, self.shown, self._path(f"{key}.{name}"), self.findings)

    def _path(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def close(self) -> None:
        """Report the keys that nobody asked for, each with the nearest valid name."""
        valid = list(dict.fromkeys(self.asked))
        for key in self.values:
            if key not in valid:
                near = nearest(key, valid)
                step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
                self.break_(
                    key, say(f"chiave sconosciuta «{key}»", f"unknown key “{key}”"), ", ".join(valid), step
                )
