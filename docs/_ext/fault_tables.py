"""The tables of faults and of coverage, from what the tests have proved
(gallery/proof_results.py)."""

from gallery import stages
from gallery.includes import folded, table, write
from gallery.proof_results import PAGES, RED, read, read_catalogue, red_faults

NOTHING = "Nothing is known for this build: ``make faults`` measures it.\n"


def link(page):
    return f":doc:`/auto_examples/{page}`"


def elsewhere(fault, known):
    """What a fault does on the pages that it does not name, in words."""
    states = [
        results["faults"][fault]["state"]
        for results in known.values()
        if fault in results["faults"]
    ]
    red = sum(state in RED for state in states)
    unnoticed = states.count("unnoticed")
    return f"{red} of {len(states)} red" + (
        f", {unnoticed} unnoticed" * bool(unnoticed)
    )


def write_faults(app):
    """Write a table of faults for each section: what its pages are proved against."""
    faults = read_catalogue().get("faults", {})
    known = {page: results for page in PAGES if (results := read(page))}
    if not faults or not known:
        write("faults.inc", NOTHING)
        return
    measured = {
        f: d
        for f, d in faults.items()
        if f in known.get(d["page"], {}).get("faults", {})
    }
    red = sum(len(pages) for pages in red_faults().values())
    mutants = [state for results in known.values() for *_, state in results["mutants"]]
    text = (
        f"Of {len(faults)} faults in Keras, {len(measured)} were tried on the page that is "
        f"about them: {red} turned it red. Of {len(mutants)} mistakes in the pages' own "
        f"lines, {mutants.count('caught')} were caught, {mutants.count('no effect')} "
        f"changed nothing on their page, and {mutants.count('unnoticed')} went unnoticed.\n"
    )
    for section in dict.fromkeys(page.split("/")[0] for page in PAGES):
        rows = [
            (
                f"{name}",
                f"``{fault['covers']}``",
                link(fault["page"]),
                elsewhere(name, known),
            )
            for name, fault in measured.items()
            if fault["page"].startswith(f"{section}/")
        ]
        if rows:
            title = section.capitalize()
            header = ("Fault", "In", "Its page", "Pages tried")
            text += f"\n{title}\n{'-' * len(title)}\n\n"
            text += folded(f"Faults: {len(rows)}", table(header, rows))
    write("faults.inc", text)


def some(pages, most=3):
    """Links to the first of some pages, and how many more there are."""
    more = f" and {len(pages) - most} more" if len(pages) > most else ""
    return ", ".join(map(link, pages[:most])) + more


def plain(names):
    """Names in a row, which may be broken anywhere."""
    return ", ".join(name.replace("_", r"\_") for name in names)


def coverage_row(name, arguments, found):
    """The cells of a name of Keras; found: {what is covered: [(page, fault), ...]}."""
    pages = dict.fromkeys(page for faults in found.values() for page, _ in faults)
    parts = dict.fromkeys(covers.partition(".")[2] for covers in found)
    left = [argument for argument in arguments if argument not in parts]
    return f"``{name}``", some(list(pages)), plain(filter(None, parts)), plain(left)


def write_coverage(app):
    """Write a table for each kind of thing that Keras has: where each is covered."""
    names, covered = read_catalogue().get("names", {}), red_faults()
    if not covered:
        write("coverage.inc", NOTHING)
        return
    text = ""
    header = ("Name", "Pages", "Proved", "Arguments without a fault")
    for title, things in names.items():
        rows, missing = [], []
        for name, arguments in things.items():
            found = {c: f for c, f in covered.items() if c.split(".")[0] == name}
            if found:
                rows.append(coverage_row(name, arguments, found))
            else:
                missing.append(name)
        text += f"\n{title}\n{'-' * len(title)}\n\n"
        text += f"{len(rows)} of {len(things)} have a page.\n\n"
        if rows:
            text += table(header, rows)
        if missing:
            text += f"\nWithout a page: {plain(missing)}.\n"
    write("coverage.inc", text)


def setup(app):
    app.connect("builder-inited", write_faults, priority=stages.TELL_OF_PAGES)
    app.connect("builder-inited", write_coverage, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
