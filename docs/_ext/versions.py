"""What other releases of Keras do otherwise: a table for each kind of change and a section
for each change; on the pages, what the next release changes, and since when it no longer
does what a warning tells.
"""

from gallery import stages
from gallery.includes import folded, heading, plain, table, write
from gallery.paths import name_in
from gallery.short_scripts import include_script, read_script
from gallery.versions import (
    CURRENT,
    SCRIPTS,
    by_release,
    dated,
    day_of,
    label_of,
    ledger,
    line_of,
    mended_on,
    next_changes,
    release_of,
    short,
)

PULL = "https://github.com/keras-team/keras/pull"
FIRST_CODE = ".. GENERATED FROM PYTHON SOURCE"  # what a page says first ends there
SECTIONS = {
    "answer changed": (
        "Changed answers",
        "The same code gives other numbers, shapes or errors, and neither is wrong.",
    ),
    "defect made": (
        "New defects",
        "Code that used to work, or to raise an error, and now misbehaves.",
    ),
    "defect mended": (
        "Mended defects",
        "Code that gets around one of these should be read again.",
    ),
    "no such API": (
        "New and renamed",
        "What older releases lack, and what has another name or another layout.",
    ),
}


def columns():
    """Return the releases of the tables: the oldest that is tried, the one that the pages
    are written for, and the newest nightly that was."""
    tried = sorted(ledger().green, key=by_release)
    oldest, newest = (ledger().green[line].version for line in (tried[0], tried[-1]))
    return [oldest, CURRENT, newest]


def cell(change, version):
    """Return what a release does: what the change's script prints, or a word."""
    line = line_of(version)
    if change.script:
        printed = ledger().printed[change.script].get(line)
        return f"``{printed}``" if printed else "not tried"
    fails = any(row.line == line for row in change.rows)
    to_come = any(row.line.endswith("nightly") for row in change.rows)
    words = ("no", "yes") if change.kind == "no such API" else ("old", "new")
    return words[fails == to_come]


def since(change):
    """Return the first release that has a change, as text."""
    if not change.since:
        return ""
    release = release_of(change.since)
    return f"{release} ({short(change.since)})" if day_of(change.since) else release


def numbers(change, versions):
    """Return what the script of a change prints with each release, and the script."""
    script = SCRIPTS / f"{change.script}.py"
    said, _ = read_script(script)
    says = " ".join(said.split()).removesuffix(".")
    end = "" if says.endswith("?") else ":"
    printed = ", ".join(f"{cell(change, v)} with {long(v)}" for v in versions)
    code = folded("The script", include_script(script))
    return f"{plain(says)}{end} {printed}.\n\n{code}\n"


def long(version):
    return f"the {short(version)}" if day_of(version) else version


def section(change, versions):
    """Return what is known of a change, as reStructuredText."""
    text = f".. _{label_of(change)}:\n\n{heading(change.title, '^')}{change.what}\n\n"
    if change.script:
        text += numbers(change, versions)
    pages = sorted({row.name for row in change.rows if "/plot_" in row.name})
    link = f"`keras#{change.upstream} <{PULL}/{change.upstream}>`__"
    known = since(change), link if change.upstream != "unknown" else ""
    points = {
        "Concerns": change.who,
        "What to do": change.do,
        "Since": ", ".join(filter(None, known)),
        "Pages": ", ".join(f":doc:`/auto_examples/{page}`" for page in pages),
    }
    lines = (f"- **{point}:** {told}\n" for point, told in points.items() if told)
    return f"{text}{''.join(lines)}\n"


def introduction(versions):
    oldest, current, newest = versions
    tried = ledger().green[line_of(newest)].date
    return (
        f"Tried are Keras {oldest}, of an old line that is still patched; {current}, which "
        f"this site is written for; and of the next release, {release_of(newest)}, "
        f"{long(newest)}, which was the newest on {tried}. The next release may yet "
        "change.\n"
    )


def write_versions(app):
    versions = columns()
    texts = [introduction(versions)]
    for kind, (title, says) in SECTIONS.items():
        changes = [change for change in ledger().changes if change.kind == kind]
        rows = [
            (
                f":ref:`{plain(change.title)} <{label_of(change)}>`",
                since(change).partition(" ")[0],
                *(cell(change, version) for version in versions),
            )
            for change in changes
        ]
        header = ("Change", "Since", *map(short, versions))
        texts += [heading(title), f"{says}\n", table(header, rows)]
        texts += [section(change, versions) for change in changes]
    write("versions.inc", "\n".join(texts))


def tell_of_next(page):
    """Return what the next release changes of what a page shows, and does not mend."""
    return "".join(
        f".. note:: **Keras {release_of(columns()[-1])}, now in development:** "
        f"{change.what} (:ref:`Versions of Keras <{label_of(change)}>`)\n\n"
        for change in next_changes(page)
        if change.kind != "defect mended"
    )


def tell_on_page(app, docname, source):
    if page := name_in(docname):
        text = f"{tell_of_next(page)}{FIRST_CODE}"
        source[0] = dated(source[0], page).replace(FIRST_CODE, text, 1)


def read_again(app, env, added, changed, removed):
    """Return the pages of which the ledger tells something else than in the last build."""
    before, env.of_versions = getattr(env, "of_versions", {}), {}
    for docname in env.found_docs:
        if page := name_in(docname):
            env.of_versions[docname] = tell_of_next(page), mended_on(page)
    other = {*before.items()} ^ {*env.of_versions.items()}
    return sorted({docname for docname, _ in other} & {*env.found_docs})


def setup(app):
    app.connect("builder-inited", write_versions, priority=stages.TELL_OF_PAGES)
    app.connect("env-get-outdated", read_again, priority=stages.FIND_OUTDATED)
    app.connect("source-read", tell_on_page, priority=stages.READ_TEXT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
