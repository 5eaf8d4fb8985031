"""The day on which a page, a name of the library, or a script of docs/versions, began to
do something else:
``python bisecting.py NAME [--good VERSION] [--bad VERSION]``.

Nightlies of Keras between two are tried, half of what is left each time. GOOD and BAD are
versions, or days such as 2026-09-01, each of which stands for the last nightly until then.
Without them, the nightlies of the newest line of releases, from the first to the last.
"""

import argparse
import datetime
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
from releases import installing  # noqa: E402
from releases.running import CannotTry, try_version  # noqa: E402
from releases.searching import first_other  # noqa: E402

from gallery.linker import write_pages  # noqa: E402
from gallery.versions import SCRIPTS, day_of, line_of  # noqa: E402


def choose(nightlies, good, bad):
    """The nightlies from good to bad."""
    last = place(nightlies, bad) if bad else len(nightlies) - 1
    line = line_of(nightlies[last])
    first = next(n for n, version in enumerate(nightlies) if line_of(version) == line)
    return nightlies[place(nightlies, good) if good else first : last + 1]


def place(nightlies, word):
    """The place of a nightly, or of the last one until a day."""
    if word in nightlies:
        return nightlies.index(word)
    try:
        day = datetime.date.fromisoformat(word)
    except ValueError:
        raise installing.NoRelease(f"{word} is neither a nightly nor a day: 2026-09-01")
    until = [n for n, version in enumerate(nightlies) if day_of(version) <= day]
    if not until:
        raise installing.NoRelease(f"No nightly is as old as {day}")
    return until[-1]


def state_of(name, version, folder):
    """What the name does with a version, in a line; None where that cannot be tried."""
    try:
        target = installing.install(version, folder)
        tried, _ = try_version(version, [name], target)
    except (CannotTry, installing.NoRelease) as error:
        print(f"{version}  cannot be tried: {error}", flush=True)
        return None
    found = next(each for each in tried if each["name"] == name)
    is_script = name.startswith(f"{SCRIPTS.name}/")
    state = f"prints {found['printed'].strip()!r}" if is_script else "passes"
    if failures := found["failures"]:
        first = failures[0]
        if first["error"] == "no such name":
            sys.exit(f"{name} is no page, no name of the library, and no script")
        state = f"fails: {first['error']} at {first['fails']!r}, {len(failures)} in all"
    print(f"{version}  {state}", flush=True)
    return state


def main(name, good, bad):
    write_pages()
    try:
        nightlies = choose(installing.find_versions("keras-nightly"), good, bad)
    except installing.NoRelease as error:
        sys.exit(f"{error}")
    with tempfile.TemporaryDirectory() as folder:
        found = first_other(nightlies, lambda v: state_of(name, v, Path(folder)))
    if not found:
        sys.exit(f"{name} does the same with {nightlies[0]} and {nightlies[-1]}")
    before, after = found
    print(f"\n{name} changed with {after}, of {day_of(after)};")
    print(f"the last that did as before is {before}, of {day_of(before)}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--good")
    parser.add_argument("--bad")
    main(**vars(parser.parse_args()))
