"""The tables of faults and of coverage, from what the tests have proved (proofs.py)."""

from includes import table, write
from proofs import PAGES, RED, read, read_catalogue, red_faults

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
            text += f"\n{title}\n{'-' * len(title)}\n\n{table(header, rows)}"
    write("faults.inc", text)


def write_coverage(app):
    """Write a table for each kind of thing that Keras has: where each is covered."""
    names, covered = read_catalogue().get("names", {}), red_faults()
    if not covered:
        write("coverage.inc", NOTHING)
        return
    text = ""
    for title, things in names.items():
        rows, missing = [], []
        for name, arguments in things.items():
            found = {c: f for c, f in covered.items() if c.split(".")[0] == name}
            if not found:
                missing.append(f"``{name}``")
                continue
            pages = dict.fromkeys(
                page for faults in found.values() for page, _ in faults
            )
            parts = [c.partition(".")[2] for c in found]
            done = [f"``{part}``" for part in dict.fromkeys(parts) if part]
            left = [
                f"``{argument}``" for argument in arguments if argument not in parts
            ]
            rows.append(
                (
                    f"``{name}``",
                    ", ".join(map(link, pages)),
                    ", ".join(done),
                    ", ".join(left),
                )
            )
        text += f"\n{title}\n{'-' * len(title)}\n\n"
        text += f"{len(rows)} of {len(things)} have a page.\n\n"
        if rows:
            text += table(
                ("Name", "Pages", "Proved", "Arguments without a fault"), rows
            )
        if missing:
            text += f"\nWithout a page: {', '.join(missing)}.\n"
    write("coverage.inc", text)


def setup(app):
    # Later than Sphinx-Gallery, as the texts stand beside its pages.
    app.connect("builder-inited", write_faults, priority=900)
    app.connect("builder-inited", write_coverage, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
