"""Whether a table or a map that carries ISTAT codes is about the towns that its codes name."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, StudyError, say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FAR_KM = 50.0  # no municipality of Italy reaches so far from its own centroid
FEW = 0.02  # share of the rows whose code or name may be of another year
ALIKE = 0.75  # likeness of two spellings of one name
NAMED = 8  # towns named in a message
KM_PER_DEGREE = 111.195  # mean length of a degree of latitude
CODES = (
    "code", "pro_com_t", "com_istat_code", "pro_com", "procom", "com_istat_code_num", "codice_istat", "cod_istat",
    "municipality_code", "istat",
)  # fmt: skip
PARTS = (("cod_prov", "cod_com"), ("cod_pro", "cod_com"), ("codpro", "codcom"), ("prov_istat_code", "codcom"))
NAMES = ("comune", "name", "den_com", "municipality", "nome_comune", "nome", "denominazione")
FORMATS = ".geojson, .json (GeoJSON, TopoJSON), .csv, .parquet"


@dataclass(frozen=True)
class Joined:
    """Rows to be joined by code. `frame`: code (six digits), name (missing where the file has none), lon, lat (degrees, missing without shapes); `where`: the file."""

    frame: pd.DataFrame
    where: str


@dataclass(frozen=True)
class Verdict:
    """What was compared, of a join that holds: rows, towns, and the few codes unknown or named otherwise, each as one line."""

    rows: int
    towns: int
    unknown: tuple[str, ...]
    renamed: tuple[str, ...]
    names_compared: bool
    farthest_km: float | None

    def lines(self) -> list[str]:
        """What was compared, for a person."""
        towns = (
            say("1 comune", "1 town")
            if self.towns == 1
            else say(f"{self.towns} comuni", f"{self.towns} towns")
        )
        told = [say(f"{self.rows} righe, {towns}: i codici sono dei luoghi giusti.", f"{self.rows} rows, {towns}: the codes are of the right places.")]  # fmt: skip
        if not self.names_compared:
            told.append(
                say("Nomi non confrontati: il file non ne ha.", "Names not compared: the file has none.")
            )
        if self.farthest_km is None:
            told.append(say("Luoghi non confrontati: il file non ha forme né coordinate.", "Places not compared: the file has neither shapes nor coordinates."))  # fmt: skip
        else:
            told.append(say(f"Distanza massima dal centro del comune: {self.farthest_km:.1f} km.", f"Farthest from the centre of its municipality: {self.farthest_km:.1f} km."))  # fmt: skip
        if self.unknown:
            told.append(say("Codici che il territorio non ha: ", "Codes that the territory lacks: ") + ", ".join(self.unknown))  # fmt: skip
        if self.renamed:
            told.append(say("Con un altro nome: ", "Of another name: ") + ", ".join(self.renamed))
        return told


def plain(name: str) -> str:
    """A name without case, accents, apostrophes, hyphens and double spaces."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^0-9a-z/]+", " ", letters).split())


def alike(one: str, other: str) -> bool:
    """Whether two names are spellings of one: equal when plain, either half of a bilingual name, the words of one among those of the other, or nearly the same letters."""
    first, second = plain(one), plain(other)
    if first == second or {*first.split("/")} & {*second.split("/")}:
        return True
    words, others = set(first.split()), set(second.split())
    return words <= others or others <= words or SequenceMatcher(None, first, second).ratio() >= ALIKE


def differing(names: pd.Series, others: pd.Series) -> np.ndarray:
    """Where two aligned series of names are not alike; a missing name differs from nothing."""
    import numpy as np

    known = names.notna().to_numpy() & others.notna().to_numpy()
    unlike = known & (names.astype("str").to_numpy() != others.astype("str").to_numpy())
    rows = np.flatnonzero(unlike)
    pairs = list(zip(names.iloc[rows].astype(str), others.iloc[rows].astype(str)))
    verdicts = {pair: not alike(*pair) for pair in set(pairs)}
    unlike[rows] = [verdicts[pair] for pair in pairs]
    return unlike


def apart_km(lon: Any, lat: Any, lon_other: Any, lat_other: Any) -> np.ndarray:
    """Great-circle distance (haversine on a sphere of the earth's mean radius), km, element by element; arguments in degrees."""
    import numpy as np

    a, b, c, d = (np.radians(np.asarray(value, float)) for value in (lon, lat, lon_other, lat_other))
    half = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return 2 * np.degrees(np.arcsin(np.sqrt(np.clip(half, 0, 1)))) * KM_PER_DEGREE


def check_join(
    codes: Sequence[str] | pd.Series,
    names: Sequence[str] | pd.Series | None,
    territory: pd.DataFrame,
    lon: Sequence[float] | pd.Series | None = None,
    lat: Sequence[float] | pd.Series | None = None,
    *,
    where: str = "",
    new_codes: bool = False,
) -> Verdict:
    """Compares rows with the municipalities (`territory`: code, name, lon, lat) that their codes name.

    Raises StudyError, with every reason at once, where the codes belong to other towns: more than 2 % of the rows have a code that the
    territory lacks (unless `new_codes` are expected), or more than 2 % bear another name, or any row lies more than 50 km from the
    centroid of its municipality. Names count as the same whatever their case, accents, apostrophes and second language.
    """
    import numpy as np
    import pandas as pd

    rows = pd.DataFrame({"code": pd.Series(codes, dtype="str").reset_index(drop=True)})
    for column, given in (("name", names), ("lon", lon), ("lat", lat)):
        rows[column] = None if given is None else pd.Series(given).reset_index(drop=True)
    if rows.empty:
        raise StudyError(Fault(say("nessuna riga", "no rows"), where))
    towns = territory.drop_duplicates("code").set_index("code")
    at = towns.reindex(rows["code"]).reset_index(drop=True)
    known = rows["code"].isin(towns.index).to_numpy()
    other = differing(rows["name"], at["name"]) & known
    away = apart_km(rows["lon"], rows["lat"], at["lon"], at["lat"])
    far = away > FAR_KM
    total = len(rows)
    unknown = _lines(
        rows[~known], lambda row: row.code + (f" {row.name_}" if isinstance(row.name_, str) else "")
    )
    renamed = _lines(
        rows[other], lambda row: f"{row.code} {row.name_} ({say('qui', 'here')}: {at['name'][row.Index]})"
    )
    step = say(
        "Rifare la giunzione con i codici giusti: nessun numero si può attribuire a questi luoghi.",
        "Make the join again with the right codes: no number can be attributed to these places.",
    )
    share = say(f"al più il {FEW:.0%} delle righe", f"at most {FEW:.0%} of the rows")
    faults = []
    if far.any():
        told = _some(_lines(rows[far], lambda row: f"{at['name'][row.Index]} ({row.code})"))
        near = _nearest(rows[far], towns)
        faults.append(
            Fault(
                say(
                    f"{far.sum()} righe su {total} hanno il codice di un comune lontano da dove stanno, fino a {np.nanmax(away):.0f} km: {told}; stanno attorno a {near}",
                    f"{far.sum()} rows of {total} have the code of a town far from where they lie, up to {np.nanmax(away):.0f} km: {told}; they lie around {near}",
                ),
                where,
                say(f"al più {FAR_KM:g} km dal centro del comune", f"at most {FAR_KM:g} km from the centre of the municipality"),
                step,
            )
        )  # fmt: skip
    if (~known).sum() > FEW * total and not new_codes:
        what = say(
            f"{(~known).sum()} righe su {total} hanno un codice che il territorio non ha: {_some(unknown)}",
            f"{(~known).sum()} rows of {total} have a code that the territory lacks: {_some(unknown)}",
        )
        faults.append(Fault(what, where, share, step))
    if other.sum() > FEW * known.sum():
        what = say(
            f"{other.sum()} righe su {total} hanno il codice di un comune con un altro nome: {_some(renamed)}",
            f"{other.sum()} rows of {total} have the code of a town of another name: {_some(renamed)}",
        )
        faults.append(Fault(what, where, share, step))
    if faults:
        raise StudyError(faults)
    measured = away[~np.isnan(away)]
    return Verdict(
        total,
        rows.loc[known, "code"].nunique(),
        tuple(unknown),
        tuple(renamed),
        bool(rows["name"].notna().any()),
        float(measured.max()) if len(measured) else None,
    )


def _lines(rows: pd.DataFrame, told: Any) -> list[str]:
    """One line a town, those with most rows first."""
    counted = rows.groupby("code", sort=False).size().sort_values(ascending=False, kind="stable")
    first = rows.drop_duplicates("code").rename(columns={"name": "name_"})
    lines = {row.code: told(row) for row in first.itertuples()}
    return [lines[code] + (f" ×{count}" if count > 1 else "") for code, count in counted.items()]


def _some(lines: Sequence[str]) -> str:
    more = len(lines) - NAMED
    listed = ", ".join(lines[:NAMED])
    return listed + (say(f" e altri {more} comuni", f" and {more} more towns") if more > 0 else "")


def _nearest(rows: pd.DataFrame, towns: pd.DataFrame) -> str:
    """The municipality whose centroid is nearest to the middle (median) of the rows."""
    away = apart_km(rows["lon"].median(), rows["lat"].median(), towns["lon"], towns["lat"])
    row = towns.iloc[int(away.argmin())]
    return f"{row['name']} ({row.name})"


def check(joined: Joined, territory: pd.DataFrame) -> Verdict:
    """check_join of what `read` found."""
    frame = joined.frame
    return check_join(frame["code"], frame["name"], territory, frame["lon"], frame["lat"], where=joined.where)


def read(path: Path, municipality: str = "") -> Joined:
    """The codes, names and places of a GeoJSON, TopoJSON, CSV or parquet file; with `municipality`, every row is held to be of that one code.

    Codes are read from a column such as PRO_COM_T, PRO_COM, PROCOM, com_istat_code or code, or from those of province and municipality; a shape
    lies where its centroid is. Raises StudyError where the file cannot be read, has no codes, or is not in degrees.
    """
    import pandas as pd

    where = path.name
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            frame = _shapes(json.loads(path.read_text(encoding="utf-8")), where)
        elif path.suffix.lower() in (".csv", ".parquet"):
            frame = read_table(path)
        else:
            raise StudyError(Fault(say("formato sconosciuto", "unknown format"), where, FORMATS))
    except FileNotFoundError:
        raise StudyError(Fault(say("il file manca", "the file is missing"), where)) from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, IndexError) as error:
        what = say(f"il file non si legge ({error})", f"the file cannot be read ({error})")
        raise StudyError(Fault(what, where, FORMATS)) from None
    if frame.empty:
        raise StudyError(Fault(say("nessuna riga", "no rows"), where))
    by_name = {str(name).casefold(): name for name in reversed(frame.columns)}
    found = pd.DataFrame(index=frame.index)
    if municipality:
        found["code"] = municipality
    elif column := next((by_name[name] for name in CODES if name in by_name), None):
        found["code"] = _digits(frame[column], 6)
    elif pair := next((pair for pair in PARTS if all(name in by_name for name in pair)), None):
        province, town = (frame[by_name[name]] for name in pair)
        found["code"] = _digits(province, 3) + _digits(town, 3)
    else:
        own = [str(name) for name in frame.columns if name not in ("lon", "lat")]
        raise StudyError(
            Fault(
                say("nessuna colonna di codici ISTAT", "no column of ISTAT codes")
                + f" ({', '.join(own[:NAMED])}{', …' if len(own) > NAMED else ''})",
                where,
                ", ".join(CODES[:5]).upper(),
                say("Se tutte le righe sono di un comune solo: --municipality CODICE.", "If every row is of one municipality: --municipality CODE."),
            )
        )  # fmt: skip
    named = None if municipality else next((by_name[name] for name in NAMES if name in by_name), None)
    found["name"] = frame[named].astype("string") if named is not None else None
    for side in ("lon", "lat"):
        found[side] = pd.to_numeric(frame[side], errors="coerce") if side in frame else float("nan")
    if (found["lon"].abs() > 180).any() or (found["lat"].abs() > 90).any():
        raise StudyError(
            Fault(
                say("le coordinate non sono in gradi", "the coordinates are not in degrees"),
                where,
                "WGS 84 (EPSG:4326)",
                say("Esportare di nuovo in EPSG:4326.", "Export again in EPSG:4326."),
            )
        )
    return Joined(found.reset_index(drop=True), where)


def read_table(path: Path) -> pd.DataFrame:
    """A CSV (separator , or ; with decimal comma) as text, or a parquet file, as it is."""
    import pandas as pd
    import pyarrow as pa

    if path.suffix.lower() == ".parquet":
        try:
            return pd.read_parquet(path)
        except pa.ArrowInvalid as error:
            what = say(f"il file non si legge ({error})", f"the file cannot be read ({error})")
            raise StudyError(Fault(what, path.name, "parquet")) from None
    head = path.read_text(encoding="utf-8-sig").partition("\n")[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    try:
        frame = pd.read_csv(path, sep=separator, dtype="str", encoding="utf-8-sig", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        what = say(f"il file non si legge ({error})", f"the file cannot be read ({error})")
        raise StudyError(Fault(what, path.name, "CSV, UTF-8")) from None
    return frame.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True) if separator == ";" else frame


def _digits(values: pd.Series, width: int) -> pd.Series:
    """Codes as text of `width` digits, from numbers or text."""
    return values.astype("string").str.strip().str.replace(r"\.0+$", "", regex=True).str.zfill(width)


def _shapes(content: Mapping[str, Any], where: str) -> pd.DataFrame:
    """Properties of each shape, and its centroid (lon, lat)."""
    import pandas as pd

    if content.get("type") == "Topology":
        arcs = _arcs(content)
        found = [shape for layer in content["objects"].values() for shape in layer.get("geometries", [layer])]
        properties = [shape.get("properties") or {} for shape in found]
        outer = [[_stitched(ring[0], arcs) for ring in _polygons(shape, "arcs")] for shape in found]
    elif content.get("type") == "FeatureCollection":
        properties = [feature.get("properties") or {} for feature in content["features"]]
        outer = [
            [ring[0] for ring in _polygons(feature.get("geometry") or {}, "coordinates")]
            for feature in content["features"]
        ]
    else:
        what = say("non è una raccolta di forme", "is no collection of shapes")
        raise StudyError(Fault(what, where, "FeatureCollection, Topology"))
    frame = pd.DataFrame(properties)
    places = pd.DataFrame([_centroid(rings) for rings in outer], columns=["lon", "lat"], dtype=float)
    return frame.drop(columns=["lon", "lat"], errors="ignore").join(places, how="right")


def _polygons(shape: Mapping[str, Any], key: str) -> Iterable[Any]:
    kind = shape.get("type")
    if kind == "Polygon":
        return [shape[key]]
    if kind == "MultiPolygon":
        return shape[key]
    return [[[shape["coordinates"]]]] if kind == "Point" and key == "coordinates" else []


def _arcs(content: Mapping[str, Any]) -> list[np.ndarray]:
    """The arcs of a TopoJSON in its coordinates: each position is the difference from the one before, where there is a transform."""
    import numpy as np

    arcs = [np.asarray([point[:2] for point in arc], float) for arc in content["arcs"]]
    if "transform" not in content:
        return arcs
    scale, offset = (np.asarray(content["transform"][key], float) for key in ("scale", "translate"))
    return [arc.cumsum(axis=0) * scale + offset for arc in arcs]


def _stitched(ring: Sequence[int], arcs: Sequence[np.ndarray]) -> np.ndarray:
    """A ring of arcs; a negative number is an arc run backwards."""
    import numpy as np

    return np.vstack([arcs[number] if number >= 0 else arcs[~number][::-1] for number in ring])


def _centroid(rings: Sequence[Any]) -> tuple[float, float]:
    """Centroid of the area inside the outer rings (shoelace; the mean of the points where they enclose none)."""
    import numpy as np

    weights, centres = [], []
    for ring in rings:
        points = np.asarray([point[:2] for point in ring], float)
        middle = points.mean(axis=0)
        x, y = (points - middle).T
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y
        area = cross.sum() / 2
        shift = np.zeros(2)
        if abs(area) > 1e-15:
            sums = ((x + np.roll(x, -1)) * cross).sum(), ((y + np.roll(y, -1)) * cross).sum()
            shift = np.asarray(sums) / (6 * area)
        weights.append(abs(area))
        centres.append(middle + shift)
    if not centres:
        return float("nan"), float("nan")
    lon, lat = np.average(centres, axis=0, weights=weights if sum(weights) else None)
    return float(lon), float(lat)
