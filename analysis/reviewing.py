"""The commands of a reviewer: `altro verify` makes the published editions again and compares them, `altro diff` sets two editions side by side."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis import places
from analysis.errors import language, say

OK, DIFFERENT, UNCHECKED = 0, 1, 3  # 2 is a wrong call, as for every command
MOST = 20  # entries told at the terminal; the report has them all
AGAIN = "analysis.reviewing:render_again"
MARKS = {"same": "✓", "within": "✓", "unchecked": "–", "missing": "✗", "differs": "✗"}
VERDICTS = {
    "same": ("uguale", "same"),
    "within": ("uguale entro la tolleranza", "same within tolerance"),
    "unchecked": ("non verificato del tutto", "not checked in full"),
    "missing": ("manca qualcosa", "something is missing"),
    "differs": ("differisce", "differs"),
}
COUNTED = {
    "same": ("uguali", "same"),
    "within": ("entro la tolleranza", "within tolerance"),
    "unchecked": ("non verificati", "not checked"),
    "missing": ("mancanti", "missing"),
    "differs": ("diversi", "different"),
}
KINDS = {
    "number": ("numero", "number"), "table": ("tabella", "table"), "figure": ("figura", "figure"),
    "statement": ("frase", "statement"), "method": ("metodo", "method"),
    "worksheet": ("scheda da compilare", "worksheet"), "text": ("testo", "text"), "file": ("file", "file"),
}  # fmt: skip


def verify(chosen: argparse.Namespace) -> int:
    """Verify the published editions of the studies asked for (all, if none is): a report for each, a summary at the terminal, an exit code."""
    from analysis.batch import clone
    from analysis.batch import verify as verifying

    with _temporary() as folder, clone.opened(_source(chosen.source), folder) as project:
        named = [Path(name.replace("\\", "/")).name for name in chosen.studies]
        studies = verifying.chosen_studies(project, named, chosen.notebook or [])
        print(say("Copia pulita del progetto…", "A clean copy of the project…"), flush=True)
        root = clone.clean_copy(project, folder / "copy")
        python = Path(sys.executable)
        if chosen.fresh_env:
            python = clone.fresh_environment(root, folder / "environment", _line)
        workshop = clone.Workshop(root, python)
        interpreter = workshop.interpreter()
        reports = [_verified(project, study, chosen, workshop, interpreter) for study in studies]
    for report, written in reports:
        print("\n" + "\n".join(summary(report, written)))
    return exit_code([report["verdict"] for report, _ in reports])


def exit_code(verdicts: Sequence[str]) -> int:
    """0 all the same or within tolerance, 1 something differs or is missing, 3 nothing differs but something was not checked."""
    if {"differs", "missing"} & set(verdicts):
        return DIFFERENT
    return UNCHECKED if "unchecked" in verdicts else OK


def _verified(
    project: Path, study: str, chosen: argparse.Namespace, workshop: Any, interpreter: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Path]]:
    from analysis.batch import verify as verifying
    from analysis.batch.products import Eyes
    from analysis.publish.review import raster, verification

    out = (Path(chosen.out) if chosen.out else places.build() / "verification") / study
    out.mkdir(parents=True, exist_ok=True)
    report = verifying.verify(
        project, study, chosen.notebook or [], workshop=workshop, interpreter=interpreter,
        eyes=Eyes(raster.compare, raster.text), again=AGAIN, out=out, source=chosen.source or places.root().name, report=_line,
    )  # fmt: skip
    return report, verification.write(report, out, made=datetime.date.today())


def _source(named: str | None) -> Path:
    return Path(named).expanduser().resolve() if named else places.root()


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="altro-verify-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def _line(text: str) -> None:
    print(text, flush=True)


def render_again(
    record: str, notebook: str, texts: str, out: str, figures: str, formats: Sequence[str]
) -> None:
    """Render a published record anew, in the copy whose code this is; paths as text, `texts` may be empty."""
    from analysis.publish import render

    found = Path(texts) if texts else None
    render.render(
        Path(record), Path(notebook), found, Path(out), formats=tuple(formats), figures=Path(figures)
    )


# -- at the terminal -----------------------------------------------------------------------------------------------------


def summary(report: Mapping[str, Any], written: Sequence[Path]) -> list[str]:
    """What a verification found, in lines for the person at the keyboard: notebooks, what is not the same, environment, files, verdict."""
    i, lang = int(language() == "en"), language()
    lines = [f"{report['study']} — {report['title'][lang]} ({report['edition']})"]
    for edition in report["editions"]:
        told = f"  {MARKS[edition['verdict']]} {edition['notebook']}: {VERDICTS[edition['verdict']][i]} — {_counted(edition['counts'], i)}"
        lines.append(told + (f"; {edition['why'][lang]}" if edition["why"][lang] else ""))
    found = [
        (edition["notebook"], entry)
        for verdict in ("differs", "missing", "unchecked")
        for edition in report["editions"]
        for entry in edition["entries"]
        if entry["verdict"] == verdict
    ]
    lines += [_entry(notebook, entry, i) for notebook, entry in found[:MOST]]
    if len(found) > MOST:
        rest = len(found) - MOST
        lines.append(
            say(f"  … e altre {rest} voci: si veda il rapporto", f"  … and {rest} more: see the report")
        )
    lines += _environment(report, lang)
    lines += [say("Scritto: ", "Written: ") + ", ".join(_shown(path) for path in written)]
    lines.append(say("Esito", "Verdict") + f": {VERDICTS[report['verdict']][i]} — {_counted(report['counts'], i)}")  # fmt: skip
    return lines


def _counted(counts: Mapping[str, int], i: int) -> str:
    return ", ".join(f"{number} {COUNTED[name][i]}" for name, number in counts.items() if number)


def _entry(notebook: str, entry: Mapping[str, Any], i: int) -> str:
    lang = ("it", "en")[i]
    values = ""
    if all(
        isinstance(entry[side], (int, float)) and not isinstance(entry[side], bool)
        for side in ("published", "again")
    ):
        from analysis.batch.compare import figure

        values = f" {figure(entry['published'], lang)} → {figure(entry['again'], lang)},"
    why = entry["why"][lang] or VERDICTS[entry["verdict"]][i]
    return f"    {MARKS[entry['verdict']]} {notebook} · {KINDS[entry['kind']][i]} {entry['key']}:{values} {why}"  # fmt: skip


def _environment(report: Mapping[str, Any], lang: str) -> list[str]:
    rows = report["environment"]
    bad = [row for row in rows if row["verdict"] in ("differs", "missing")]
    same = sum(1 for row in rows if row["verdict"] == "same" and row["package"] not in ("python", "platform"))
    here = report["interpreter"]
    lines = [
        say("Ambiente", "Environment")
        + f": Python {here['python']}, {here['platform']}; "
        + say(
            f"{same} pacchett{'o' if same == 1 else 'i'} come nel lock",
            f"{same} package{'' if same == 1 else 's'} as in the lock",
        )
    ]
    return lines + [f"    ✗ {row['package']}: {row['why'][lang]}" for row in bad]


def _shown(path: Path) -> str:
    root = places.root()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# -- two editions --------------------------------------------------------------------------------------------------------


def diff(chosen: argparse.Namespace) -> int:
    """Set two editions side by side, as a page and at the terminal; 0 if nothing has changed, 1 if something has."""
    from analysis.batch import diff as comparing
    from analysis.batch import records
    from analysis.publish.review import changes, markup

    sides = [records.read(named) for named in (chosen.a, chosen.b)]
    compared = []
    for pair in records.pairs(*sides):
        found = comparing.changes(pair.a, pair.b) if pair.a is not None and pair.b is not None else []
        first, second = (None if record is None else record.get("context", {}) for record in (pair.a, pair.b))
        name = str((pair.b or pair.a or {})["notebook"])
        compared.append(changes.Compared(pair.name, _title(name), first, second, found))
    out = Path(chosen.out) if chosen.out else places.build() / "diff" / _slug(chosen.a, chosen.b)
    page = markup.written(out / "diff.html", changes.html(compared, chosen.a, chosen.b).encode("utf-8"))
    print("\n".join(changes.text(compared, chosen.a, chosen.b, language(), _shown(page))))
    print("\n" + changes.told("page", "see", language(), file=_shown(page)))
    return OK if all(one.equal for one in compared) else DIFFERENT


def _title(notebook: str) -> Mapping[str, str]:
    """The title that the notebook's TOML gives; its name where there is none."""
    plain = {"it": notebook, "en": notebook}
    path = places.notebooks() / f"{notebook}.toml"
    if not path.is_file():
        return plain
    try:
        title = tomllib.loads(path.read_text(encoding="utf-8")).get("title")
    except tomllib.TOMLDecodeError:
        return plain
    return title if isinstance(title, dict) and title.keys() >= plain.keys() else plain


def _slug(a: str, b: str) -> str:
    """A folder's name for two places: their last letters and digits, and a checksum that keeps other pairs apart."""
    digest = hashlib.sha256(f"{a}\0{b}".encode()).hexdigest()[:8]
    short = [re.sub(r"[^\w.-]+", "-", named).strip("-.")[-40:] for named in (a, b)]
    return "..".join(part or "x" for part in short) + f".{digest}"
