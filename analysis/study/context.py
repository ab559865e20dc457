"""Published statistics that stand beside a study's own figures as background: `[context.…]` of study.toml, JSON tables of EIGE's database.

Their files may not be in git: they lie in the study's survey/ folder, in `$ALTRO_DATA_HOME/<study>/`, or in a folder `macro` in or beside `$ALTRO_DATA_HOME`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import Label
from analysis.study.declared import Section

if TYPE_CHECKING:
    import pandas as pd

CONTEXT = "context"  # what the notebook needs, as it needs a table
PLACES = {
    "Italy": {"it": "Italia", "en": "Italy"},
    "Germany": {"it": "Germania", "en": "Germany"},
    "Poland": {"it": "Polonia", "en": "Poland"},
    "Sweden": {"it": "Svezia", "en": "Sweden"},
}
SEXES = {"women": "f", "men": "m", "total": "total"}


@dataclass(frozen=True)
class Statistic:
    """One published statistic: the file that holds it and its SHA-256, the rows taken (places, reason), what it is, where it was published."""

    id: str
    file: str
    sha256: str
    places: tuple[str, ...]
    reason: str
    label: Label
    source: Label


def declared(top: Section) -> tuple[Statistic, ...]:
    """The statistics that study.toml names."""
    found = []
    for name, item in top.sections("context"):
        file, sha = item.text("file", required=True), item.text("sha256", required=True)
        if not re.fullmatch(r"[\w.-]+\.json", file):
            item.break_("file", say(f"«{file}» non va bene", f"“{file}” will not do"), "name.json")
        if not re.fullmatch(r"[0-9a-f]{64}", sha):
            item.break_(
                "sha256",
                say(f"«{sha}» non va bene", f"“{sha}” will not do"),
                say("64 cifre esadecimali", "64 hexadecimal digits"),
            )
        label, source = item.label("label", required=True), item.label("source", required=True)
        places, reason = item.texts("places", required=True), item.text("reason", required=True)
        item.close()
        if label and source:
            found.append(Statistic(name, file, sha, tuple(places), reason, label, source))
    return tuple(found)


def folders(own: Path, home: Path | None, study: str) -> list[Path]:
    """Where the files may lie, in order."""
    return [own, *([home / study, home / "macro", home.parent / "macro"] if home is not None else [])]


def find(statistic: Statistic, places: Iterable[Path]) -> Path | None:
    """The first file of that name."""
    return next((folder / statistic.file for folder in places if (folder / statistic.file).is_file()), None)


def files(statistics: Iterable[Statistic], places: Iterable[Path]) -> list[Path]:
    """The files in place, each once."""
    folders_ = list(places)
    return list(dict.fromkeys(path for one in statistics if (path := find(one, folders_))))


def complete(statistics: Collection[Statistic], places: Iterable[Path]) -> bool:
    """Whether statistics are declared and the files of all are in place."""
    folders_ = list(places)
    return bool(statistics) and all(find(one, folders_) for one in statistics)


def read(statistics: Iterable[Statistic], places: Iterable[Path]) -> pd.DataFrame:
    """One row a value: statistic, place, sex (f, m, total), year, value (a share). Raises StudyError with all faults: another
    file than the one declared, a place or a reason that it does not hold."""
    import pandas as pd

    rows: list[tuple[str, str, str, int, float]] = []
    faults: list[Fault] = []
    folders_ = list(places)
    for one in statistics:
        path = find(one, folders_)
        where = f"study.toml, [context.{one.id}]"
        if path is None:
            faults.append(
                Fault(
                    say(f"manca il file {one.file}", f"the file {one.file} is missing"),
                    where,
                    "$ALTRO_DATA_HOME/macro/",
                )
            )
            continue
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != one.sha256:
            faults.append(
                Fault(
                    say(f"la somma di controllo è {found}", f"the checksum is {found}"),
                    f"{where} {one.file}",
                    one.sha256,
                )
            )
            continue
        data = json.loads(content)["data"]
        for place in one.places:
            own = [row for row in data if row.get("Countries") == place and row.get("Reason") == one.reason]
            if not own:
                known = sorted({str(row.get("Countries")) for row in data})
                faults.append(
                    Fault(
                        say(
                            f"«{place}», «{one.reason}» non ci sono",
                            f"“{place}”, “{one.reason}” are not there",
                        ),
                        where,
                        ", ".join(known),
                    )
                )
            rows += [
                (one.id, place, SEXES[row["Sex"]], int(year), float(value) / 100)
                for row in own
                for year, value in row.items()
                if year.isdigit()
            ]
    if faults:
        raise StudyError(faults)
    return pd.DataFrame(rows, columns=["statistic", "place", "sex", "year", "value"])


def table(statistics: Iterable[Statistic], values: pd.DataFrame) -> pd.DataFrame:
    """The latest year that has women and men, one row a statistic and place: statistic, place, year, women, men, published_in."""
    import pandas as pd

    rows = []
    for one in statistics:
        for place in one.places:
            own = values[(values["statistic"] == one.id) & (values["place"] == place)]
            wide = own.pivot(index="year", columns="sex", values="value").reindex(columns=["f", "m"]).dropna()
            if len(wide):
                year = int(wide.index.max())
                rows.append(
                    (
                        dict(one.label),
                        PLACES.get(place, {"it": place, "en": place}),
                        year,
                        *wide.loc[year],
                        dict(one.source),
                    )
                )
    frame = pd.DataFrame(rows, columns=["statistic", "place", "year", "women", "men", "published_in"])
    share = {"unit": "share", "digits": 1}
    frame.attrs["columns"] = {
        **{name: {"text": True} for name in ("statistic", "place", "published_in")},
        "year": {"unit": "year"},
        "women": share,
        "men": share,
    }
    return frame
