"""Chromium for the tests: find it, open it, or install it: ``python tests/chromium.py``.

One that is there serves; else Debian's package, if we may install it; else the one
that Playwright downloads. With CHROMIUM=no, the tests do without.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WANTED = os.environ.get("CHROMIUM") != "no"
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@functools.cache
def find():
    """Return the path of a Chromium, or None."""
    for path in map(shutil.which, (*NAMES, MACOS)):
        if path:
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextlib.contextmanager
def opened():
    """Give a browser. Skips the test where there is none, and fails it in CI."""
    if not WANTED:
        pytest.skip("CHROMIUM=no")
    path = find()
    if path is None:
        reason = "no Chromium is here and none could be installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield instance
        instance.close()


def install():
    """Try to install one, with whatever this machine has."""
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "--quiet=2"])
        debian = ["apt-get", "install", "--yes", "--quiet=2", "chromium"]
        if subprocess.run(debian, stdout=subprocess.DEVNULL).returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    if WANTED and find() is None:
        print("No Chromium here: installing one for the browser tests")
        install()
