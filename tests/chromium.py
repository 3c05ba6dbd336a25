"""Where the Chromium that the browser tests drive is, and what to say when there is none."""

import os
import shutil
import sys
from pathlib import Path

# The shell without windows comes first: for the same tests it takes two thirds of the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = """\
No Chromium was found, so the browser tests cannot run.
  looked for: {looked_for} on PATH, the macOS applications, and the variable CHROMIUM
  try:        Debian, Ubuntu   sudo apt-get install chromium
              Fedora           sudo dnf install chromium
              macOS            brew install --cask chromium
              elsewhere        CHROMIUM=/path/to/chrome make test"""


def find() -> str | None:
    """The path of a Chromium or Chrome: ``$CHROMIUM`` first, then PATH, then macOS's applications."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), None) or next((p for p in MACOS if Path(p).exists()), None)


def missing() -> str:
    """What to tell someone who has no Chromium."""
    return MISSING.format(looked_for=", ".join(NAMES))


if __name__ == "__main__" and find() is None:
    line = "!" * 100
    print(f"{line}\n{missing()}\n{line}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 0)
