"""Where the site is published."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPOSITORY = "keras-by-hand/keras-by-hand"  # when neither GitHub nor git tells


def find_repository():
    """Return "owner/name" on GitHub, from the workflow, from git, or from above.

    Raises SystemExit where GITHUB_REPOSITORY is set and malformed.
    """
    name = r"([A-Za-z0-9][A-Za-z0-9-]*/[\w.-]+?)"
    if given := os.environ.get("GITHUB_REPOSITORY"):
        if re.fullmatch(name, given, re.ASCII):
            return given
        sys.exit(f"GITHUB_REPOSITORY must read OWNER/NAME, but it is {given!r}")
    git = ["git", "-C", ROOT, "remote", "get-url", "origin"]
    remote = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    host = r"(?:https://|ssh://git@|git@)(?:[^/@]*@)?github\.com[/:]"
    match = re.fullmatch(rf"{host}{name}(?:\.git)?/?", remote, re.ASCII)
    return match[1] if match else REPOSITORY
