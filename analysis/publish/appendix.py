"""The appendix of a paper, put together from its record: methods, codebook, glossary, and lists of figures, tables and numbers.

What belongs here: which sections there are and what they say. What does not: how they are laid out (the paper's own templates).
A section or table without content is left out.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, ProseError, say
from analysis.evidence import words as shared
from analysis.evidence.words import curled
from analysis.publish import glossary, lists, reshape, tables
from analysis.publish.front import front_matter, heading, long_date
from analysis.publish.layout import Source
from analysis.publish.lists import grid, said, value_text
from analysis.publish.marks import CITATION
from analysis.publish.prose import Prose, linked
from analysis.publish.quotes import Place, fill, plain
from analysis.publish.sources import localised, word

if TYPE_CHECKING:
    from analysis.publish.formats import Work

Item = dict[str, Any]
TOPICS = ("sampling", "instrument", "scoring", "weights", "missing", "specification")
TABLE_TOLERANCE = 1e-9  # as batch.compare has it
HANDBOOK = "hundepool2024"  # of the method of suppression
KINDS = ("exact", "float", "stochastic")


def make(work: Work) -> dict[str, bytes]:
    """The format `appendix`: PDF and HTML."""
    from analysis.publish import pandoc

    made = document(work.document, work.source, work.prose)
    if not made["items"]:
        return {}
    folder = work.folder / "appendix"
    pandoc.prepare(made, work.figures, folder)
    others = [language for language in work.proses if language != work.language]
    return {
        f"{work.language}.appendix.pdf": pandoc.pdf(made, folder, work.bibliography, work.time),
        f"{work.language}.appendix.html": pandoc.html(made, folder, work.bibliography, work.time, others),
    }


def document(paper: Mapping[str, Any], source: Source, prose: Prose) -> dict[str, Any]:
    """The appendix in the shape of a paper's document (document.py): same label, box and colophon."""
    language = prose.language
    title = curled(str(prose.front["title"]))
    abstract = plain(said("text", f"abstract{_cited(source)}", language, title=title))
    return wrapped(paper, source, prose, sections(source, prose), "appendix", abstract)


def wrapped(
    paper: Mapping[str, Any],
    source: Source,
    prose: Prose,
    items: list[Item],
    name: str,
    abstract: str,
) -> dict[str, Any]:
    """A document that goes with the paper: its own title and items, the paper's label, box, authors and colophon."""
    language = prose.language
    own = str(prose.front["title"])
    whole = said("title", name, language, title=own)
    if paper["label"]:
        whole = f"{paper['label']}. {whole}"
    front = {
        **front_matter(prose, source),
        "title": curled(whole),
        "running": f"{said('label', name, language)}: {heading(own)}",
        "abstract": abstract,
        "keywords": [],
        "jel": [],
    }
    named = {"abstract": said("label", "holds", language), "paper": said("label", name, language)}
    cited = any(CITATION.search(text) for item in items for text in _texts(item))
    return {
        **paper, "front": front, "items": items, "references": cited, "appendix": True, "suffix": f".{name}",
        "words": {**paper["words"], **named},
    }  # fmt: skip


def _texts(item: Item) -> list[str]:
    if item["kind"] == "text":
        return [item["text"]]
    cells = [cell["text"] for row in item["rows"] for cell in row if cell.get("markdown")]
    return [item["caption"], *item["notes"], *cells]


def sections(source: Source, prose: Prose) -> list[Item]:
    """The items of the appendix in order; missing captions and faults of the glossary raise ProseError, all at once."""
    faults: list[Fault] = []
    parts = [_methods(source, prose, faults), codebook(source, prose, faults)]
    try:
        parts.append(_glossary(source, prose, [item for part in parts for item in part]))
    except ProseError as error:
        faults += error.faults
    if faults:
        raise ProseError(list(dict.fromkeys(faults)))
    return [item for part in [*parts, lists.items(source, prose)] for item in part]


def text(markdown: str) -> Item:
    return {"kind": "text", "cell": "", "text": markdown}


# -- methods -----------------------------------------------------------------------------------------------------------


def _methods(source: Source, prose: Prose, faults: list[Fault]) -> list[Item]:
    language = prose.language
    declared: dict[str, Callable[[Source, str], list[Item]]] = {
        "sampling": _sampling, "plan": _plan, "disclosure": _disclosure, "parameters": _parameters, "rerun": _rerun,
    }  # fmt: skip
    found: list[Item] = []
    for topic in (*TOPICS, "plan", "disclosure", "parameters", "rerun"):
        items = of_topic(source, prose, topic, faults)
        if not items and topic in declared:
            items = declared[topic](source, language)
        if items:
            found += [text(f"## {said('topic', topic, language)}"), *items]
    title = f"# {said('label', 'methods', language)}"
    if _cited(source):
        return [text(f"{title}\n\n{plain(said('text', 'methods-cited', language))}"), *found]
    return [text(title), *found] if found else []


def _cited(source: Source) -> str:
    """Ends the names of sentences for a report that computes nothing."""
    return "-cited" if source.spec.get("cites") else ""


def of_topic(source: Source, prose: Prose, topic: str, faults: list[Fault]) -> list[Item]:
    """The record's method tables of one topic, in the order of the notebook's TOML, whole."""
    entries = {
        key: entry
        for key, entry in source.evidence.get("methods", {}).items()
        if entry.get("topic") == topic and entry["rows"]
    }
    order = list(source.spec.get("methods", {}))
    keys = sorted(entries, key=lambda key: (order.index(key) if key in order else len(order), key))
    return [_method(key, entries[key], source, prose, faults) for key in keys]


def _method(key: str, entry: Mapping[str, Any], source: Source, prose: Prose, faults: list[Fault]) -> Item:
    language, context = prose.language, source.context
    given = source.spec.get("methods", {}).get(key, {})
    printed: dict[str, str] = {}
    for part in ("caption", "note"):
        place = Place(source.spec_name, f"methods.{key}.{part}.{language}")
        raw = localised(given.get(part), language)
        if raw:
            filled, more = fill(str(raw).strip(), source.evidence, language, place)
            printed[part] = lists.resolved(linked(filled), prose)
            faults += more
        elif part == "caption":
            faults.append(Fault(say(f"manca: didascalia di {key}", f"missing: caption of {key}"), str(place)))
    whole = tables.printed(key, entry, context, language, longest=None)
    made = reshape.identified(whole, source.citations)
    made = reshape.turned(made, *(said("head", name, language) for name in ("item", "value")))
    made = reshape.constants(made, said("note", "constants", language))
    if entry["topic"] == "codebook":
        made = reshape.gathered(made, said("head", "details", language))
    notes = [printed["note"]] if "note" in printed else []
    notes += [plain(note) for note in made["notes"]]
    origin = localised(entry.get("source"), language)
    if origin:
        notes.append(plain(f"{word('source', language)}: {origin}"))
    own = {"caption": printed.get("caption", key), "note": printed.get("note", ""), "notes": notes}
    return {**made, **own, "kind": "table", "cell": ""}


def _label(field: str, code: str, source: Source, language: str) -> str | None:
    """The word for a code: the notebook's own, else the shared one; None where nobody names it."""
    named = [source.spec.get("words", {}).get("labels", {}), shared.shared().get("labels", {})]
    for catalogue in named:
        fields = [field] if field else list(catalogue)
        for name in fields:
            if code in catalogue.get(name, {}):
                return str(localised(catalogue[name][code], language))
    return None


def _uses(source: Source, table: str) -> bool:
    needs = source.spec.get("needs", {})
    return any(table in needs.get(kind, []) for kind in ("tables", "any", "optional"))


def _sampling(source: Source, language: str) -> list[Item]:
    """How the respondents of this run's group were sampled; of every group where the run names none."""
    declared = source.context.get("sampling") or {}
    if not declared or not _uses(source, "survey"):
        return []
    chosen = source.evidence.get("parameters", {}).get("frame")
    groups = {chosen: declared[chosen]} if chosen in declared else declared
    rows = []
    for group in groups.values():
        rate = group.get("response_rate")
        rows.append(
            [
                str(localised(group.get("frame"), language) or ""),
                str(localised(group.get("population"), language) or ""),
                _label("sampling_kind", str(group.get("kind")), source, language) or str(group.get("kind")),
                said("label", "unknown", language)
                if not isinstance(rate, int | float)
                else shared.format_number(rate, "share", 0, language),
                *(str(group.get(name) or "") for name in ("strata", "cluster", "weight")),
            ]
        )
    columns = [("frame", "text"), ("population", "text"), ("kind", "text"), ("response", "number"), ("strata", "code"), ("cluster", "code"), ("weight", "code")]  # fmt: skip
    designed = any(any(row[4:]) for row in rows)
    notes = [plain(said("note", "sampling", language))] if designed else []
    return [grid("mth-declared-sampling", plain(said("caption", "sampling", language)), columns, rows, language, notes)]  # fmt: skip


def _plan(source: Source, language: str) -> list[Item]:
    """The primary outcomes of the study's plan, where this notebook knows one of them."""
    planned = (source.context.get("plan") or {}).get("primary", [])
    names = [_label("", str(item.get("outcome")), source, language) for item in planned]
    if not any(names):
        return []
    rows = [
        [name or str(item.get("outcome")), _date(item.get("date"), language)]
        for name, item in zip(names, planned)
    ]
    caption = plain(said("caption", "plan", language))
    made = grid("mth-plan", caption, [("outcome", "text"), ("date", "text")], rows, language)
    return [made, text(plain(said("text", "plan", language)))]


def _date(value: Any, language: str) -> str:
    return long_date(datetime.date.fromisoformat(str(value)), language) if value else ""


def _disclosure(source: Source, language: str) -> list[Item]:
    rules = source.context.get("disclosure")
    if not rules:
        return []
    handbook = f" [@{HANDBOOK}]" if HANDBOOK in source.citations else ""
    confidential = "bodies-yes" if rules.get("confidential_organisations") else "bodies-no"
    cells, numbers = withheld(source.evidence)
    last = (
        said("text", f"withheld{_cited(source)}", language, cells=cells, numbers=numbers)
        if cells or numbers
        else said("text", f"withheld-none{_cited(source)}", language)
    )
    paragraphs = [
        said("text", "persons", language, k=rules.get("threshold", 5), source=handbook),
        said("text", confidential, language),
        last,
    ]
    return [text("\n\n".join(paragraphs))]


def withheld(evidence: Mapping[str, Any]) -> tuple[int, int]:
    """Cells of tables and figures, and numbers and statements, that the record does not show."""
    entries = [*evidence.get("tables", {}).values()]
    entries += [part for figure in evidence.get("figures", {}).values() for part in figure.get("tables", {}).values()]  # fmt: skip
    cells = sum(len(entry.get("suppressed", [])) for entry in entries)
    singles = [*evidence.get("numbers", {}).values(), *evidence.get("statements", {}).values()]
    return cells, sum(bool(entry.get("suppressed")) for entry in singles)


def _parameters(source: Source, language: str) -> list[Item]:
    declared = source.spec.get("parameters", {})
    rows: list[list[str]] = []
    strong: set[int] = set()
    given = source.evidence.get("parameters", {})
    order = ["study", *declared]
    for key in sorted(given, key=lambda name: (order.index(name) if name in order else len(order), name)):
        value = given[key]
        spec = declared.get(key, {})
        name = localised(spec.get("label"), language) or (
            said("label", "study", language) if key == "study" else key
        )
        default = spec.get("default")
        if key != "study" and value != default:
            strong.add(len(rows))
        rows.append(
            [
                curled(str(name)),
                key,
                value_text(value, language),
                value_text(default, language) if key in declared else "",
            ]
        )
    if not rows:
        return []
    caption = said("caption", "parameters" if strong else "parameters-default", language)
    columns = [("parameter", "text"), ("key", "code"), ("value", "text"), ("default", "text")]
    return [grid("mth-parameters", plain(caption), columns, rows, language, strong=frozenset(strong))]


def _rerun(source: Source, language: str) -> list[Item]:
    """What a second execution may change, by the kinds that the notebook declared."""
    numbers = source.evidence.get("numbers", {})
    if not numbers or _cited(source):
        return []
    of_kind = {kind: {k: e for k, e in numbers.items() if e.get("kind", "exact") == kind} for kind in KINDS}
    tolerance = max((float(e.get("tolerance", TABLE_TOLERANCE)) for e in of_kind["float"].values()), default=TABLE_TOLERANCE)  # fmt: skip
    listed = [
        "- " + said("text", kind, language, count=len(found), tolerance=_power(tolerance, language))
        for kind, found in of_kind.items()
        if found
    ]
    listed[-1] = listed[-1].rstrip(";") + ("." if listed[-1].endswith(";") else "")
    intro = said("text", "rerun", language, all=len(numbers))
    after = said("text", "table-tolerance", language, tolerance=_power(TABLE_TOLERANCE, language))
    made = [text("\n".join([intro, "", *listed, "", after]))]
    random = of_kind["stochastic"]
    if random:
        rows = []
        for key, entry in random.items():
            value, n = lists.number_of(entry, language)
            unit = said("unit", str(entry.get("unit", "number")), language)
            rows.append([key, value, unit, n, str(entry.get("seed", ""))])
        columns = [("key", "code"), ("value", "number"), ("unit", "text"), ("n", "number"), ("seed", "number")]  # fmt: skip
        made.append(grid("mth-rerun", plain(said("caption", "rerun", language)), columns, rows, language))
    return made


def _power(tolerance: float, language: str) -> str:
    """A small number as Markdown with a power of ten."""
    power = math.floor(math.log10(tolerance)) if tolerance > 0 else 0
    if tolerance > 0 and math.isclose(tolerance, 10.0**power):
        return f"10^−{-power}^" if power < 0 else str(10**power)
    return plain(shared.format_number(tolerance, "number", 12, language).rstrip("0"))


# -- codebook and glossary ---------------------------------------------------------------------------------------------


def codebook(source: Source, prose: Prose, faults: list[Fault]) -> list[Item]:
    """The codebook of the study as the record holds it."""
    found = of_topic(source, prose, "codebook", faults)
    title = said("label", "codebook-section", prose.language)
    if not found:
        return []
    return [text(f"# {title}"), *found]


def _glossary(source: Source, prose: Prose, before: list[Item]) -> list[Item]:
    language = prose.language
    terms = glossary.read(source.notebook.parent, source.citations)
    found = glossary.occurring(terms, "\n".join([*_printed(source, prose), *_words(before)]), language)
    if not found:
        return []
    own = said("label", "own", language)
    intro = plain(said("text", "glossary", language))
    body = glossary.markdown(found, language, own)
    return [text(f"# {said('label', 'glossary', language)}\n\n{intro}\n\n{body}")]


def _printed(source: Source, prose: Prose) -> list[str]:
    """The words of the paper: title, abstract, label, text, captions, notes, heads and categories of its tables."""
    language = prose.language
    found = [str(prose.front["title"]), str(prose.front["abstract"])]
    found.append(str(localised(source.context.get("label"), language) or ""))
    for item in prose.items:
        found += [str(item[part]) for part in ("text", "caption", "note") if item.get(part)]
        if item["kind"] == "table":
            found += _words_of(source.evidence["tables"][item["key"]], source, language)
    return found


def _words_of(entry: Mapping[str, Any], source: Source, language: str) -> list[str]:
    made = tables.printed("", entry, source.context, language)
    return [*(head["text"] for head in made["head"]), *made["notes"]]


def _words(items: list[Item]) -> list[str]:
    """The words of the appendix's own tables of methods and codebook: captions, notes and heads."""
    tabular = [item for item in items if item["kind"] == "table"]
    return [
        piece
        for item in tabular
        for piece in (item["caption"], *item["notes"], *(h["text"] for h in item["head"]))
    ]
