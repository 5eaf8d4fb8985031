"""How much of the proof is asked: all of it by ``make test-all``, a part by ``make test``.

A test that is one of many alike is marked ``drawn``: ``make test`` asks one share of
these, which the commit draws. What only ``make test-all`` asks is marked ``whole``.
"""

import functools
import zlib

import pytest

from gallery.repository import git

SHARES = 7


@functools.cache
def find_share():
    """Return the share that the commit draws, and by what: each of as many commits in a
    row draws another one. Where git knows no history, the commit's name draws it."""
    commit = git("rev-parse", "HEAD")
    if git("rev-parse", "--is-shallow-repository") == "false":
        return int(git("rev-list", "--count", "HEAD")) % SHARES
    return int(commit or "0", 16) % SHARES


def is_drawn(name, share):
    """Whether a test of this name is in a share."""
    return zlib.crc32(name.encode()) % SHARES == share


def add_options(parser):
    parser.addoption("--whole", action="store_true", help="ask all, as make test-all")
    parser.addoption(
        "--share", type=int, help=f"ask this share, 0 to {SHARES - 1}, of what is drawn"
    )


def leave_out(config, items):
    """Deselect what this run need not ask."""
    if config.getoption("whole"):
        return
    share = config.getoption("share")
    share = find_share() if share is None else share
    asked, left = [], []
    for item in items:
        named = bool(config.args_source is not config.ArgsSource.TESTPATHS)
        is_left = item.get_closest_marker("whole") or (
            item.get_closest_marker("drawn") and not is_drawn(item.nodeid, share)
        )
        (left if is_left and not named else asked).append(item)
    items[:] = asked
    config.hook.pytest_deselected(items=left)
