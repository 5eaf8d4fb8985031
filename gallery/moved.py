"""Addresses that have moved, of which docs/moved.toml has the list."""

import tomllib

from gallery.paths import DOCS


def read_moved():
    """Return {name of a page as it was: that of what has its place}, such as
    "reference/recurrent"."""
    return tomllib.loads((DOCS / "moved.toml").read_text())
