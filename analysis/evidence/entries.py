"""Tables, figures and numbers as JSON, CSV, SVG and cell output: pure rendering of what the door has already protected."""

from __future__ import annotations

import html as markup
import io
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import DisclosureError, EvidenceError, Fault, say
from analysis.evidence import style as house
from analysis.evidence.columns import Column
from analysis.evidence.words import LANGUAGES, TOTAL, Words, curled, format_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plain(value: Any) -> Any:
    """`value` as JSON has it: NumPy and pandas scalars unwrapped, missing as None, dates as ISO text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and math.isinf(value):
        raise EvidenceError(Fault(say("valore infinito", "infinite value")))
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value


def write(path: Path, text: str) -> None:
    """Write atomically: the file is whole or not there."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)


def name_organisations(
    frame: pd.DataFrame, columns: Sequence[Column], known: Mapping[str, Mapping[str, Any]], where: str
) -> pd.DataFrame:
    """Identifiers of organisations become names or codes, as each body chose (`actors.publish_name`).

    Rows of bodies that chose not to be named, of citizens, and (in rows that rate one body or a pair) of those that gave no consent are left out.
    """
    for column in columns:
        if not column.organisation:
            continue
        ids = frame[column.name].astype(object)
        unknown = sorted({str(i) for i in ids.dropna().unique()} - known.keys() - {TOTAL})
        if unknown:
            raise DisclosureError(
                Fault(
                    say(
                        f"organizzazioni sconosciute: {', '.join(unknown)}",
                        f"unknown organisations: {', '.join(unknown)}",
                    ),
                    f"{where} {column.name}",
                    say("gli actor di actors", "the actors of table actors"),
                )
            )
        shown = {
            key: str(body["name"] if body.get("publish") == "yes" else body.get("code") or key)
            for key, body in known.items()
            if body.get("publish") != "no"
            and body.get("type") != "citizen"
            and (body.get("consent") or not column.rated)
        }
        keep = ids.isin([*shown, TOTAL]) | ids.isna()
        attrs = frame.attrs
        frame = frame[keep.to_numpy()].reset_index(drop=True)
        frame[column.name] = ids[keep.to_numpy()].map({**shown, TOTAL: TOTAL}).to_numpy(dtype=object)
        frame.attrs = attrs
    return frame


def _label(column: Column, words: Mapping[str, Words], required: bool) -> dict[str, str]:
    if column.header:
        return {lang: str(column.header[lang]) for lang in LANGUAGES}
    found = {
        lang: words[lang].find(column.name) or words[lang].find(column.of or column.labels)
        for lang in LANGUAGES
    }
    if not required:
        return {lang: text or column.name for lang, text in found.items()}
    if not all(found.values()):
        words["it"](column.name)  # raises, naming the place where the word belongs
    return {lang: str(text) for lang, text in found.items()}


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    mask: pd.DataFrame,
    words: Mapping[str, Words],
    printed: bool,
) -> dict[str, Any]:
    """The table as JSON: columns (name, role, unit, digits, label it/en) and rows; labelled categories hold code, it and en.

    A `printed` table must have a word for each column; the data of a figure may go without.
    """
    heads = []
    for column in columns:
        head: dict[str, Any] = {
            "name": column.name,
            "role": column.role,
            "label": _label(column, words, printed),
        }
        head |= {
            key: getattr(column, key) for key in ("unit", "of", "counts", "n", "band") if getattr(column, key)
        }
        if column.digits is not None:
            head["digits"] = column.digits
        heads.append(head)
    cells: dict[str, list[Any]] = {}
    for column in columns:
        values = [plain(value) for value in frame[column.name].tolist()]
        if column.role == "count":
            values = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
        elif column.role == "category":
            values = [_category(value, column, words) for value in values]
        cells[column.name] = values
    rows = [dict(zip(cells, row)) for row in zip(*cells.values())]
    positions = (
        [[int(i), str(name)] for name in cells for i in np.flatnonzero(mask[name].to_numpy())]
        if len(mask)
        else []
    )
    return {"columns": heads, "rows": rows, "suppressed": sorted(positions)}


def _category(value: Any, column: Column, words: Mapping[str, Words]) -> Any:
    if value is None or isinstance(value, dict):
        return value
    if column.organisation and value != TOTAL:
        return {"code": str(value), "it": str(value), "en": str(value)}
    code = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return {"code": code, **{lang: words[lang].label(column.labels, code) for lang in LANGUAGES}}


def csv(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The protected data of a figure as CSV: codes, not labels; several tables are told apart by the column `table`."""
    frames = []
    for name, document in tables.items():
        rows = [{key: _code(value) for key, value in row.items()} for row in document["rows"]]
        frame = pd.DataFrame(rows, columns=[head["name"] for head in document["columns"]], dtype=object)
        if len(tables) > 1:
            frame.insert(0, "table", name)
        frames.append(frame)
    buffer = io.StringIO()
    pd.concat(frames, ignore_index=True).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def _code(value: Any) -> Any:
    return value.get("code", value.get("en")) if isinstance(value, dict) else value


def html(entry: Mapping[str, Any], words: Words, key: str) -> str:
    """The table for the reader in JupyterLab, in the language of `words`."""
    heads, esc = entry["columns"], markup.escape
    out = [f'<table id="{esc(key)}"><thead><tr>']
    out += [f'<th scope="col">{esc(head["label"][words.language])}</th>' for head in heads]
    out.append("</tr></thead><tbody>")
    units = {head["name"]: (head.get("unit", ""), head.get("digits")) for head in heads}
    for row in entry["rows"]:
        out.append("<tr>")
        for head in heads:
            value = row[head["name"]]
            unit, digits = units[head.get("of") or head["name"]]
            if isinstance(value, dict):
                text = str(value.get(words.language, ""))
            elif unit:
                text = (
                    words("not_shown_mark")
                    if value is None
                    else format_number(value, unit, digits, words.language)
                )
            else:
                text = "" if value is None else str(value)
            out.append(f"<td>{esc(text)}</td>")
        out.append("</tr>")
    return "".join([*out, "</tbody></table>"])


def drawing(
    draw: Callable[..., Figure],
    data: Any,
    words: Words,
    style: house.Choice,
    head: Mapping[str, Any],
    where: str,
) -> Figure:
    """`draw(data, words)` in the house style, signed with source and data label; the random state is the same for each language."""
    copy = (
        {name: _typeset(frame) for name, frame in data.items()}
        if isinstance(data, Mapping)
        else _typeset(data)
    )
    random.seed(0)
    np.random.seed(0)
    with house.house(style):
        fig = draw(copy, words)
        if not hasattr(fig, "get_size_inches"):
            raise EvidenceError(
                Fault(
                    say("draw non restituisce una figura", "draw returns no figure"),
                    where,
                    "matplotlib.figure.Figure",
                    say("Finire con: return fig", "End with: return fig"),
                )
            )
        label = (head.get("label") or {}).get(words.language, "")
        source = (head.get("source") or {}).get(words.language, "")
        house.sign(fig, f"{words('source')}: {source}" if source else "", label)
    return fig


def _typeset(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose texts in two languages have the apostrophes of print; codes stay as they are."""
    copy = frame.copy()
    for name in (name for name in frame.columns if pd.api.types.is_object_dtype(frame[name])):
        copy[name] = frame[name].map(_both)
    return copy


def _both(cell: Any) -> Any:
    return {key: curled(str(text)) for key, text in cell.items()} if isinstance(cell, Mapping) else cell


def refuse_unequal(drawn: Mapping[str, Figure], where: str) -> None:
    first, *others = drawn.values()
    if not all(house.same_coordinates(first, other) for other in others):
        raise EvidenceError(
            Fault(
                say(
                    "le due lingue disegnano coordinate diverse",
                    "the two languages plot different coordinates",
                ),
                where,
                next_step=say(
                    "draw deve solo disegnare i dati ricevuti.", "draw must only draw the data it is given."
                ),
            )
        )


def svg(fig: Figure, style: house.Choice) -> str:
    with house.house(style):
        return house.to_svg(fig)


def show(key: str, kind: str, *, text: str, html: str | None = None, svg: str | None = None) -> None:
    """Show the entry in the cell that made it, marked so that later readers can tell it from other output."""
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if get_ipython() is None:
        return
    data = {"text/plain": text}
    data |= {"text/html": html} if html else {}
    data |= {"image/svg+xml": svg} if svg else {}
    publish_display_data(data, metadata={"altro": {"kind": kind, "key": key}})
