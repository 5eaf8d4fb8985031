"""The pages and the library with other releases of Keras:
``python versions.py VERSION...``, of which each may be "nightly" or "newest".

Keras alone is exchanged, put first on the path. What fails must be told by the ledger,
docs/versions.toml, and nothing else may: see gallery/versions.py. Exits with 1 where that
is not so. What pages print is compared with what they print with the installed Keras, and
told, which is never red.
"""

import collections
import datetime
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
from releases import installing  # noqa: E402
from releases.judging import compare_printed, draft, judge  # noqa: E402
from releases.running import CannotTry, try_version  # noqa: E402

from gallery.linker import write_pages  # noqa: E402
from gallery.paths import find_pages, name_of  # noqa: E402
from gallery.versions import (  # noqa: E402
    CURRENT,
    KINDS,
    LedgerError,
    Run,
    day_of,
    line_of,
    read_ledger,
)

TODAY = datetime.date.today()
OLDEST = 14  # days that the newest nightly may be old


def try_installed():
    """What pages print with the installed Keras: {name: text}. It is kept until a page
    changes."""
    kept = installing.FOLDER / f"{CURRENT}.printed.json"
    pages = find_pages()
    newest = max(page.stat().st_mtime for page in pages)
    if not kept.exists() or kept.stat().st_mtime < newest:
        found, _ = try_version(CURRENT, map(name_of, pages))
        kept.write_text(json.dumps({each["name"]: each["printed"] for each in found}))
    return json.loads(kept.read_text())


def report(asked, ledger, usual):
    """Try a version; return the report on it, as Markdown, and whether it is red. Raises
    CannotTry, or NoRelease."""
    version = installing.resolve(asked)
    line, run = line_of(version), Run(version, TODAY)
    folder = None if version == CURRENT else installing.install(version)
    found, seconds = try_version(version, folder=folder)
    judgement = judge(found, ledger.rows(line), ledger.prints(line))
    red = [f"`{name}` {why}" for name, why in sorted(judgement.red.items())]
    day = day_of(version)
    if asked == "nightly" and (TODAY - day).days > OLDEST:
        red.append(f"The newest nightly is of {day}: none came for {OLDEST} days")
    to_draft = judgement.red.keys() - ledger.prints(line).keys()
    new = [each for each in found if each["name"] in to_draft and each["failures"]]
    drafts = "\n\n".join(draft(e["name"], e["failures"], line, run) for e in new)
    (installing.FOLDER / f"{version}.rows.toml").write_text(f"{drafts}\n")
    text = f"## Keras {version}: {'red' if red else 'as the ledger tells'}\n\n"
    text += f"{len(found)} pages and names, {seconds:.0f} s of the processor\n"
    if red:
        text += "\n" + "".join(f"- {why}\n" for why in red)
    if judgement.red:
        text += since_when(ledger.green.get(line), run)
    text += known(ledger, judgement.known) + others(version, found, usual)
    return text, bool(red)


def since_when(green, run):
    """The last green run, and the first red one."""
    if not green:
        return f"\nFirst red run: {run}. No run of this line was green.\n"
    text = f"\nLast green run: {green}. First red run: {run}.\n"
    if green.version == run.version:
        text += "It is the same Keras: the pages or the ledger have changed since.\n"
    elif ".dev" in run.version:
        text += "`make bisect-versions PAGE=...` finds the day of each.\n"
    return text


def known(ledger, rows):
    """What the ledger tells and is so, by the kind of change."""
    names = collections.defaultdict(list)
    for row in rows:
        names[ledger.change_of(row).kind].append(row.name)
    text = f"\nKnown: {len(rows)}\n\n" if rows else ""
    for kind in (kind for kind in KINDS if kind in names):
        text += f"- {kind}, {len(names[kind])}: {', '.join(sorted(names[kind]))}\n"
    return text


def others(version, found, usual):
    """What passes and prints something else than with the installed Keras."""
    versions, differ = (CURRENT, version), {}
    for each in found:
        name = each["name"]
        if name in usual and not each["failures"]:
            lines = compare_printed(usual[name], each["printed"], versions)
            differ |= {name: lines} if lines else {}
    file = installing.FOLDER / f"{version}.diff"
    file.write_text(
        "".join(f"{n}\n" + "\n".join(t) + "\n\n" for n, t in differ.items())
    )
    if not differ:
        return f"\nWhat passes prints the same as with {CURRENT}.\n"
    where = file.relative_to(ROOT)
    return f"\nPass, and print something else ({where}): {', '.join(differ)}\n"


def main(words):
    if sys.platform == "darwin":
        sys.exit("Linux is needed: TensorFlow does not survive a fork on macOS")
    try:
        ledger = read_ledger()
    except LedgerError as error:
        sys.exit(f"docs/versions.toml: {error}")
    write_pages()
    installing.FOLDER.mkdir(parents=True, exist_ok=True)
    usual, any_red = try_installed(), False
    for word in words:
        try:
            text, red = report(word, ledger, usual)
        except (CannotTry, installing.NoRelease) as error:
            text, red = f"## Keras {word}: red\n\nIt cannot be tried: {error}\n", True
        print(text, flush=True)
        any_red |= red
        if summary := os.getenv("GITHUB_STEP_SUMMARY"):
            with open(summary, "a") as file:
                file.write(f"{text}\n")
    sys.exit(any_red)


if __name__ == "__main__":
    main(sys.argv[1:])
