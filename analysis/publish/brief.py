"""The format `brief`: one A4 page with three numbers, one figure, why they matter, what to do and what they do not tell; as PDF and as image.

Its texts are `[brief]` of the notebook's TOML, any entry of which a study's own texts may replace. A simulated study recommends nothing:
in that place the page says what a real study would need.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, ProseError, say
from analysis.publish.quotes import Place, confidence, fill, number
from analysis.publish.sources import FONTS, LANGUAGES, TEMPLATES, demonstration, localised, word

if TYPE_CHECKING:
    from analysis.publish.formats import Work
    from analysis.publish.layout import Source

TEXTS = ("message", "why")
LISTS = ("what", "needed", "limits")
KEYS = ("numbers", "figure", *TEXTS, *LISTS)
OF_NUMBER = ("key", "text", "band", "uncertainty")
CARDS = 3
PPI = 150.0
TALL = 0.6  # height to width of a figure from which it stands beside the text, not above it


def make(work: Work) -> dict[str, bytes]:
    """`{language}.brief.pdf` and `.png`; nothing where there is no [brief], fewer than three of its numbers or none of its figures."""
    source = work.source
    if not texts_of(source) or lacking(source):
        return {}
    page = content(work)
    folder = work.folder / "brief"
    (folder / "media").mkdir(parents=True, exist_ok=True)
    drawing = source.evidence["figures"][page["figure"]["key"]]["svg"][work.language]
    shutil.copyfile(work.figures / drawing, folder / page["figure"]["file"])
    shutil.copyfile(TEMPLATES / "brief.typ", folder / "brief.typ")
    made = _compiled(page, work.time, str(folder))
    name = f"{work.language}.brief"
    return {f"{name}.pdf": made[0], f"{name}.png": made[1]}


def _compiled(page: Mapping[str, Any], time: int, folder: str) -> tuple[bytes, bytes]:
    """PDF and PNG; more than one page is a ProseError."""
    import typst

    from analysis.publish.pandoc import STANDARDS

    common: dict[str, Any] = {
        "root": folder,
        "font_paths": [str(FONTS)],
        "ignore_system_fonts": True,
        "sys_inputs": {"brief": json.dumps(page, ensure_ascii=False, sort_keys=True)},
    }
    try:
        image, warnings = typst.compile_with_warnings(f"{folder}/brief.typ", format="png", ppi=PPI, **common)
        if isinstance(image, list) and len(image) > 1:
            what = say("la nota di sintesi non sta in una pagina", "the policy brief does not fit one page")
            step = say(
                "Accorciare i testi della nota: message, why, what o needed, limits, e il testo dei tre numeri.",
                "Shorten the brief's texts: message, why, what or needed, limits, and the text of the three numbers.",
            )
            raise ProseError(Fault(what, str(page["where"]), next_step=step))
        pdf, more = typst.compile_with_warnings(
            f"{folder}/brief.typ", format="pdf", pdf_standards=[*STANDARDS], timestamp=time, **common
        )
    except typst.TypstError as error:
        raise ProseError(Fault(f"typst: {error.message}", str(page["where"]))) from error
    if warnings or more:
        raise ProseError([Fault(f"typst: {one.message}", str(page["where"])) for one in (*warnings, *more)])
    return bytes(pdf), bytes(image[0] if isinstance(image, list) else image)


def texts_of(source: Source) -> dict[str, Any]:
    """`[brief]` of the notebook with the study's own entries in place of its."""
    return {**_table(source.spec), **_table(source.texts)}


def _table(toml: Mapping[str, Any]) -> dict[str, Any]:
    found = toml.get("brief", {})
    return dict(found) if isinstance(found, Mapping) else {}


def _home(source: Source, key: str = "") -> str:
    """The file in which an entry of the brief stands, and the entry."""
    own = source.texts.get("brief")
    here = isinstance(own, Mapping) and (not key or key.partition(".")[0] in own)
    file = source.texts_name if here else source.spec_name
    return str(Place(file, f"brief.{key}" if key else "[brief]"))


def chosen(source: Source) -> list[Mapping[str, Any]]:
    """The first three numbers of the brief that the evidence has and shows."""
    known = source.evidence.get("numbers", {})
    listed = [one for one in _sequence(texts_of(source).get("numbers")) if isinstance(one, Mapping)]
    shown = [one for one in listed if one.get("key") in known and not known[one["key"]].get("suppressed")]
    return shown[:CARDS]


def drawn(source: Source) -> str | None:
    """The first figure of the brief that the evidence has."""
    known = source.evidence.get("figures", {})
    return next((key for key in _sequence(texts_of(source).get("figure")) if key in known), None)


def lacking(source: Source) -> str:
    """Why an edition with a [brief] has no brief, in words; empty where it has one or declares none."""
    if not texts_of(source):
        return ""
    count = len(chosen(source))
    if count < CARDS:
        return say(
            f"nota di sintesi non fatta: {count} dei suoi numeri su {CARDS} sono nell'evidenza",
            f"no policy brief: {count} of its numbers of {CARDS} are in the evidence",
        )
    if drawn(source) is None:
        return say(
            "nota di sintesi non fatta: nessuna delle sue figure è nell'evidenza",
            "no policy brief: none of its figures is in the evidence",
        )
    return ""


def faults(source: Source, languages: Sequence[str] = LANGUAGES) -> list[Fault]:
    """Everything wrong in the texts of the brief, of the notebook's and of the study's, each fault once."""
    if not texts_of(source):
        return []
    found: list[Fault] = []
    for toml, name in ((source.spec, source.spec_name), (source.texts, source.texts_name)):
        found += _shape(toml.get("brief", {}), name, languages)
    given = texts_of(source)
    simulated = demonstration(source.context)
    for key in ("numbers", "figure", "why", "needed" if simulated else "what", "limits"):
        if not given.get(key):
            found.append(Fault(say(f"manca {key}", f"{key} is missing"), _home(source, key)))
    if not found and not lacking(source):
        for language in languages:
            found += _read(source, language)[1]
    return list(dict.fromkeys(found))


def _shape(brief: Any, name: str, languages: Sequence[str]) -> list[Fault]:
    """Unknown entries, entries of another kind than they should be, missing languages."""
    if not isinstance(brief, Mapping):
        return [Fault(say("non è una tabella", "it is no table"), f"{name}, brief", "[brief]")]
    found = _unknown(brief, KEYS, f"{name}, [brief]")
    for key in TEXTS:
        if key in brief:
            found += _bilingual(brief[key], str, f"{name}, brief.{key}", languages)
    for key in LISTS:
        if key in brief:
            entry, where = brief[key], f"{name}, brief.{key}"
            found += _bilingual(entry, list, where, languages)
            lengths = {
                len(entry[one])
                for one in LANGUAGES
                if isinstance(entry, Mapping) and isinstance(entry.get(one), list)
            }
            if len(lengths) > 1 and set(LANGUAGES) <= set(languages):
                found.append(Fault(say("punti in numero diverso", "different numbers of points"), where))
    figures = brief.get("figure", [])
    if not isinstance(figures, list) or not all(isinstance(one, str) for one in figures):
        found.append(
            Fault(
                say("non è un elenco di figure", "it is no list of figures"),
                f"{name}, brief.figure",
                '["fig-…"]',
            )
        )
    for index, one in enumerate(_sequence(brief.get("numbers")), 1):
        where = f"{name}, brief.numbers {index}"
        if not isinstance(one, Mapping) or not isinstance(one.get("key"), str):
            what = say("numero senza chiave", "number without a key")
            found.append(Fault(what, where, '{ key = "…", text = { it = "…", en = "…" } }'))
            continue
        found += _unknown(one, OF_NUMBER, where)
        for part in ("text", "band", "uncertainty"):
            if part in one or part == "text":
                found += _bilingual(one.get(part), str, f"{where} ({one['key']}).{part}", languages)
    return found


def _unknown(table: Mapping[str, Any], known: Sequence[str], where: str) -> list[Fault]:
    return [
        Fault(say(f"voce «{key}» sconosciuta", f"unknown entry '{key}'"), where, ", ".join(known))
        for key in table
        if key not in known
    ]


def _bilingual(entry: Any, kind: type, where: str, languages: Iterable[str]) -> list[Fault]:
    if not isinstance(entry, Mapping):
        shape = '{ it = ["…"], en = ["…"] }' if kind is list else '{ it = "…", en = "…" }'
        return [
            Fault(
                say("manca il testo nelle due lingue", "the text in both languages is missing"), where, shape
            )
        ]
    missing = [one for one in languages if not isinstance(entry.get(one), kind) or not entry[one]]
    return [
        Fault(say(f"manca il testo «{one}»", f"the '{one}' text is missing"), f"{where}.{one}")
        for one in missing
    ]


def _sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []


def _read(source: Source, language: str) -> tuple[dict[str, Any], list[Fault]]:
    """Numbers, figure and texts as they are printed, and the faults of what they quote."""
    from analysis.evidence.words import curled
    from analysis.publish.front import bare

    found: list[Fault] = []

    def printed(entry: Any, where: str) -> str:
        text, more = fill(
            str(localised(entry, language) or "").strip(), source.evidence, language, Place(where)
        )
        found.extend(more)
        return str(curled(bare(text)))

    given = texts_of(source)
    cards = []
    for one in chosen(source):
        entry = source.evidence["numbers"][one["key"]]
        where = f"{_home(source, 'numbers')} ({one['key']})"
        own = printed(one["uncertainty"], where) if "uncertainty" in one else ""
        band = printed(one["band"], where) if "band" in one else ""
        sure = uncertainty(entry, language, band, own)
        if not sure:
            what = say(
                f"di {one['key']} non si sa quanto sia certo: l'evidenza non ha intervallo né n",
                f"how sure {one['key']} is cannot be told: the evidence has neither interval nor n",
            )
            step = say("Dirlo con uncertainty = { it, en }.", "Say it with uncertainty = { it, en }.")
            found.append(Fault(what, where, next_step=step))
        text = printed(one["text"], where)
        cards.append({"value": number(entry, "", language), "uncertainty": sure, "text": text})
    key = str(drawn(source))
    spec = source.spec.get("figures", {}).get(key, {})
    figure = {
        part: printed(spec.get(part), str(Place(source.spec_name, f"figures.{key}.{part}")))
        for part in ("caption", "alt")
    }
    simulated = demonstration(source.context)
    sections: list[dict[str, Any]] = [
        {
            "title": word("why", language, "brief"),
            "text": printed(given["why"], _home(source, "why")),
            "items": [],
        }
    ]
    for part in ("needed" if simulated else "what", "limits"):
        items = [printed(item, _home(source, part)) for item in localised(given[part], language)]
        sections.append({"title": word(part, language, "brief"), "text": "", "items": items})
    message = printed(given.get("message", ""), _home(source, "message"))
    page = {"message": message, "cards": cards, "figure": {**figure, "key": key}, "sections": sections}
    return page, found


def uncertainty(entry: Mapping[str, Any], language: str, band: str = "", own: str = "") -> str:
    """How sure a number is: its interval with the level (or what `band` calls it) and n; else `own`; else that it is a complete
    count, or n. Empty where none of this is known."""
    from analysis.evidence import words

    count = words.format_number(entry["n"], "count", 0, language) if entry.get("n") is not None else None
    of = word("n", language, "brief", n=count) if count else ""
    if entry.get("low") is not None and entry.get("high") is not None:
        unit, digits = str(entry.get("unit", "number")), entry.get("digits")
        name = band or word("interval", language, level=confidence(entry))
        interval = words.format_interval(entry["low"], entry["high"], unit, digits, language)
        return "; ".join(filter(None, [f"{name}: {interval}", of]))
    if own:
        return own
    return word("complete", language, "brief") if entry.get("kind") == "exact" else of


def content(work: Work) -> dict[str, Any]:
    """All that the page prints; `where` is the place of its texts, for messages."""
    source, document, language = work.source, work.document, work.language
    page, _ = _read(source, language)
    entry = source.evidence["figures"][page["figure"]["key"]]
    ratio = float(entry.get("height") or 1) / float(entry.get("width") or 1)
    svg = entry["svg"][language]
    front = document["front"]
    study, notebook = source.context.get("study", ""), source.notebook.stem
    place = word("place", language, "brief", file=f"papers/{study}/{notebook}/{language}.pdf")
    foot = [*document["colophon"], {"name": word("paper", language, "brief"), "text": place}]
    return {
        **page,
        "figure": {**page["figure"], "file": f"media/{svg}", "tall": ratio >= TALL},
        "language": language,
        "region": document["region"],
        "title": front["title"],
        "heading": str(front["title"]).removeprefix(f"{document['label']}: "),
        "authors": [str(author["name"]) for author in front["authors"]],
        "keywords": front["keywords"],
        "kind": word("kind", language, "brief"),
        "numbers": word("numbers", language, "brief"),
        "label": document["label"],
        "study": document["study"],
        "date": document["date"],
        "series": _series(front.get("series")),
        "box": document["box"],
        "foot": foot,
        "where": _home(source),
    }


def _series(series: Mapping[str, Any] | None) -> str | None:
    return " ".join(filter(None, [series["title"], series["printed_number"]])) if series else None
