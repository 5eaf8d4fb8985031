"""How much of the proof is asked: all of it by ``make test-all``, a part by ``make test``.

A test that is one of many alike is marked ``drawn``: ``make test`` asks one share of
these, which the commit draws, and those of a page or a file of tests that the commit, or
what is not yet committed, has changed. What only ``make test-all`` asks is marked
``whole``.
"""

import functools
import zlib

from gallery.repository import git

SHARES = 7
FOLDERS = ("keras_by_hand", "tests/library/cases")  # with a module of each name


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


@functools.cache
def find_changed():
    """Return the files that differ from the commit before, as git names them."""
    return set(git("diff", "--name-only", "HEAD~1").splitlines())


def module_of(item):
    """The module of the library that a test is about, such as "layers.dense"; "" where it
    is about none. tests/library/conftest.py tells it."""
    return getattr(item, "module_of_library", "")


def has_changed(item):
    """Whether the test, or the page or module that it is about, differs from the commit
    before; of a module also the cases that are drawn for it."""
    told = item.callspec.params if hasattr(item, "callspec") else {}
    files = {f"examples/{told.get('page')}.py", item.nodeid.partition("::")[0]}
    module = module_of(item).replace(".", "/")
    files |= {f"{folder}/{module}.py" for folder in FOLDERS}
    return bool(files & find_changed())


def describe(config):
    """The first line of a run that asks a share: which, and how to ask it again."""
    share = config.getoption("share")
    if share is None:
        return "asked: everything"
    share = find_share() if share == "commit" else int(share)
    return f"asked: share {share} of {SHARES} (again: pytest --share {share})"


def add_options(parser):
    told = f"ask one share of what is drawn: that of the commit, or 0 to {SHARES - 1}"
    parser.addoption("--share", metavar="commit|NUMBER", help=told)


def leave_out(config, items):
    """Deselect what this run need not ask: nothing, unless it is told a share."""
    share = config.getoption("share")
    if share is None:
        return
    share = find_share() if share == "commit" else int(share)
    left = [
        item
        for item in items
        if item.get_closest_marker("whole")
        or item.get_closest_marker("drawn")
        and not (is_drawn(module_of(item) or item.nodeid, share) or has_changed(item))
    ]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)
