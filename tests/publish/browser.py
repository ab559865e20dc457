"""A headless Chromium, spoken to over its debugging pipe, so that pages are checked as readers get them and nothing is put into them.

A page is opened from the file system; `value` evaluates JavaScript in it, `key` presses a key. The Chrome DevTools protocol is JSON
messages ended by a zero byte, sent to file descriptor 3 and read from 4 (https://chromedevtools.github.io/devtools-protocol/).
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0  # seconds for one answer
QUIET = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio", "--force-color-profile=srgb",
)  # fmt: skip
HANDOVER = "import os, sys\nos.dup2(int(sys.argv[1]), 3)\nos.dup2(int(sys.argv[2]), 4)\nos.execv(sys.argv[3], sys.argv[3:])\n"
KEYS = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40}


def found() -> str | None:
    """The path of a browser of this machine, or None (also on Windows, where a process cannot be handed these pipes)."""
    if os.name == "nt":
        return None
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One Chromium with a profile of its own that is thrown away; use it in a `with`."""

    def __enter__(self) -> Browser:
        program = found()
        assert program is not None
        self._profile = tempfile.TemporaryDirectory(prefix="altro-", ignore_cleanup_errors=True)
        (theirs_in, ours_out), (ours_in, theirs_out) = _pipe(), _pipe()
        flags = [*QUIET, f"--user-data-dir={self._profile.name}"]
        flags += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            sys.executable,
            "-c",
            HANDOVER,
            str(theirs_in),
            str(theirs_out),
            program,
            *flags,
            "about:blank",
        ]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._numbers, self._rest = itertools.count(1), b""
        self.version = str(self._ask("Browser.getVersion")["product"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._profile.cleanup()

    def open(
        self,
        path: Path,
        width: int = 1280,
        height: int = 900,
        *,
        scripts: bool = True,
        language: str = "it-IT",
    ) -> Page:
        """The file as a page of this width in a browser of this language, loaded; without JavaScript of its own if `scripts` is false."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.ask("Emulation.setDeviceMetricsOverride", **screen)
        agent = page.value("navigator.userAgent")
        page.ask("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        page.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.ask("Page.navigate", url=path.resolve().as_uri())
        end = time.monotonic() + PATIENCE
        while page.value("document.readyState + location.protocol") != "completefile:":
            if time.monotonic() > end:
                raise TimeoutError(path.name)
            time.sleep(0.02)
        return page

    def _ask(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given} | (
            {"sessionId": session} if session else {}
        )
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._out, rest) :]
        end = time.monotonic() + PATIENCE
        while True:
            head, found, tail = self._rest.partition(b"\0")
            if found:
                self._rest = tail
                answer = json.loads(head)
                if answer.get("id") != number:
                    continue
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            if not select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(method)
            part = os.read(self._in, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self._rest += part


class Page:
    """A tab of a Browser."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser, self._session, self._target = browser, session, target

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        return self._browser._ask(method, self._session, **given)

    def value(self, expression: str) -> Any:
        """What the expression evaluates to, a promise awaited."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def key(self, name: str) -> None:
        """Press and release one key of KEYS."""
        code = {"key": name, "code": name, "windowsVirtualKeyCode": KEYS[name]}
        self.ask("Input.dispatchKeyEvent", type="rawKeyDown", **code)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **code)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.ask("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False) -> Path:
        """A PNG of what is seen, or of the whole page."""
        data = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def close(self) -> None:
        self._browser._ask("Target.closeTarget", targetId=self._target)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are numbered beyond those that are handed over."""
    import fcntl

    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20))
        os.close(end)
    return ends[0], ends[1]
