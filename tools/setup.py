"""Make `.venv` hold exactly what requirements.lock says; do nothing while neither it nor pyproject.toml has changed.

Run by `make`, and by hand where there is no make: `python tools/setup.py`.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "lock.stamp"


def run(*args: object) -> None:
    subprocess.run([str(a) for a in args], check=True, cwd=ROOT)


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Set PYTHON=… for make.")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    wanted = hashlib.sha256((lock + (ROOT / "pyproject.toml").read_text(encoding="utf-8")).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text().strip() == wanted:
        STAMP.touch()
        return
    print("Setting up .venv from requirements.lock …", flush=True)
    venv.EnvBuilder(clear=True, with_pip=True).create(VENV)
    uv = re.search(r"^uv==(\S+)", lock, re.M)
    if uv is None:
        sys.exit("requirements.lock names no uv; run `make lock`.")
    run(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"uv=={uv[1]}")
    env_uv = [PYTHON, "-m", "uv", "--quiet", "pip"]
    run(*env_uv, "sync", "--python", PYTHON, "--require-hashes", "requirements.lock")
    run(*env_uv, "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", ".")
    STAMP.write_text(wanted + "\n")


if __name__ == "__main__":
    main()
