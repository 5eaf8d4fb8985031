"""Find Chromium for the tests, or install it: ``python tests/browser.py``.

One that is there serves; else Debian's package, if we may install it; else the one
that Playwright downloads.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find():
    """Return the path of a Chromium, or None."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, (*NAMES, MACOS, own))), None)


def install():
    """Try to install one, with whatever this machine has."""
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "--quiet=2"])
        debian = ["apt-get", "install", "--yes", "--quiet=2", "chromium"]
        if subprocess.run(debian, stdout=subprocess.DEVNULL).returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    if find() is None:
        print("No Chromium here: installing one for the browser tests")
        install()
