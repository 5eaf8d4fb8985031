"""Where the site is published, and what it is built from.

``python -m gallery.repository`` prints the commit that publish.py names.
"""

import contextlib
import os
import re
import subprocess
import sys
from importlib import metadata

from gallery.paths import ROOT

REPOSITORY = "keras-by-hand/keras-by-hand"  # when neither GitHub nor git tells


def git(*arguments):
    """Return what git prints, "" where it fails or where this is no git repository."""
    run = subprocess.run(
        ["git", "-C", ROOT, *arguments], capture_output=True, text=True
    )
    return run.stdout.strip()


def find_source():
    """Return the commit of the sources, in full, and whether they differ from it."""
    return git("rev-parse", "HEAD"), bool(git("status", "--porcelain"))


def find_versions():
    """Return the versions of what the pages are about and the site is made with."""
    names = ("Keras", "TensorFlow-CPU", "TensorFlow", "NumPy", "Matplotlib", "Sphinx")
    installed = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[name.removesuffix("-CPU")] = metadata.version(name)
    return ", ".join(f"{name} {version}" for name, version in installed.items())


def find_repository():
    """Return "owner/name" on GitHub, from the workflow, from git, or from above.

    Raises SystemExit where GITHUB_REPOSITORY is set and malformed.
    """
    name = r"([A-Za-z0-9][A-Za-z0-9-]*/[\w.-]+?)"
    if given := os.environ.get("GITHUB_REPOSITORY"):
        if re.fullmatch(name, given, re.ASCII):
            return given
        sys.exit(f"GITHUB_REPOSITORY must read OWNER/NAME, but it is {given!r}")
    remote = git("remote", "get-url", "origin")
    host = r"(?:https://|ssh://git@|git@)(?:[^/@]*@)?github\.com[/:]"
    match = re.fullmatch(rf"{host}{name}(?:\.git)?/?", remote, re.ASCII)
    return match[1] if match else REPOSITORY


def find_address():
    """Return the address of the site, with a final slash."""
    owner, name = find_repository().split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


if __name__ == "__main__":
    commit, changed = find_source()
    print(f"{commit or 'no commit'}{' and uncommitted changes' if changed else ''}")
