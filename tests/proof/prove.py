"""Break Keras, and the pages' own lines, and see the pages go red.

    python tests/proof/prove.py [--all] [PAGE or SECTION ...]

Each page, or each that is named, is run under the faults that name it and with mistakes
in its own NumPy lines; with --all, under all faults there are. What was measured before
is not measured again, as long as nothing that it depends on has changed.

Exits with 1 if a fault leaves its own page green, if a mutant changes something that goes
unnoticed, or if the harness itself fails. What faults do on other pages is reported.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import gc
import multiprocessing
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from gallery import proof_results
from gallery.linker import find_origin, find_subjects, write_pages
from gallery.package import LinkError
from gallery.paths import ROOT


def prove(name, everything=False):
    """Measure a page, given as "section/stem"; return what is known of it.

    {"faults": {name: {"digest", "state", "red"}}, "mutants": [[before, after, state],
    ...], "fired": [line of a check that a mutant made fail, ...]}
    """
    import faults  # here, as TensorFlow takes its time, and not every process proves
    import running

    gc.collect()
    gc.freeze()  # or each run would walk through what earlier pages left in TensorFlow
    known = proof_results.read(name)
    catalogue = faults.read_catalogue()
    chosen = [f for f in catalogue.values() if everything or f.page == name]
    page = running.Page(proof_results.PAGES[name])
    with told(page):
        return measure(page, known, catalogue, chosen)


@contextlib.contextmanager
def told(page):
    """Let an error say where it was raised, in the files that contributors know: the page
    or the library."""
    try:
        yield
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == str(page.path)]
        places = [find_origin(page.path, line) for line in reversed(lines)]
        names = [f"{file.relative_to(ROOT)}:{line}" for file, line in places]
        error.add_note(f"at {', called from '.join(names)}")
        raise


def measure(page, known, catalogue, chosen):
    """Measure faults, and the mutants if they are not known; keep and return it all."""
    import faults
    import mutants

    measured = faults.measure_page(page, chosen, known.get("faults", {}))
    still = {  # what is known of faults that were not chosen
        fault: found
        for fault, found in known.get("faults", {}).items()
        if fault in catalogue and found["digest"] == catalogue[fault].digest
    }
    results = {"faults": {**still, **measured}}
    if "mutants" not in known:
        results |= mutants.measure_page(page)
    proof_results.keep(page.name, **results)
    return proof_results.read(page.name)


def keep_catalogue():
    """Keep for the site what the catalogue says; return {name: {"page", ...}}."""
    import faults
    import names

    catalogue = {
        name: {"page": fault.page, "covers": fault.covers, "digest": fault.digest}
        for name, fault in faults.read_catalogue().items()
    }
    proof_results.keep_catalogue(catalogue, names.table())
    return catalogue


def problems(name, results, own):
    """Return what must not be: own faults that left the page green, and mutants that
    changed something and were not noticed. ``own``: the names of the page's faults."""
    import faults

    found = [
        f"{name} stays green under its fault: {fault} ({results['faults'][fault]['state']})"
        for fault in own
        if results["faults"][fault]["state"] not in proof_results.RED
    ]
    unnoticed = {
        (before, after)
        for before, after, state in results["mutants"]
        if state == "unnoticed"
    }
    accepted = faults.read_accepted(name)
    found += [
        f"{name} does not notice: {before}  ->  {after}"
        for before, after in sorted(unnoticed - accepted)
    ]
    return found + [
        f"{name} is allowed to miss what is not there or is noticed: {after}"
        for _, after in sorted(accepted - unnoticed)
    ]


def silent_checks(name, results):
    """Return the lines of the page's checks that no fault and no mutant made fail."""
    import running

    red = {found["red"] for found in results["faults"].values()}
    page = proof_results.PAGES[name]
    silent = set(running.Page(page).checks) - set(results["fired"]) - red
    return sorted(find_origin(page, line)[1] for line in silent)


def summary(results):
    """Return the counts of states, of faults and of mutants, in words."""
    states = collections.Counter(f["state"] for f in results["faults"].values())
    lines = collections.Counter(state for _, _, state in results["mutants"])
    return (
        f"{len(results['faults'])} faults ({words(states)}), "
        f"{len(results['mutants'])} mutants ({words(lines)})"
    )


def words(counts):
    return ", ".join(f"{count} {state}" for state, count in counts.most_common()) or "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true", help="all faults on each page")
    parser.add_argument("names", nargs="*", metavar="PAGE or SECTION")
    arguments = parser.parse_args()
    try:
        write_pages()
    except LinkError as error:
        sys.exit(f"{error}")
    names = [n.removeprefix("examples/").removesuffix(".py") for n in arguments.names]
    chosen = [
        page
        for page in proof_results.PAGES
        if not names
        or any(page == name or page.startswith(f"{name}/") for name in names)
    ]
    if not chosen:
        sys.exit(
            f"There is no page or section {', '.join(arguments.names)} in examples/"
        )
    catalogue = keep_catalogue()
    everything, wrong, total = {}, [], len(chosen)
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), fresh) as pool:
        running = {pool.submit(prove, page, arguments.all): page for page in chosen}
        for number, done in enumerate(concurrent.futures.as_completed(running), 1):
            page = running[done]
            if error := done.exception():
                said = "\n  ".join([str(error), *getattr(error, "__notes__", [])])
                wrong.append(f"{page}: {type(error).__name__}: {said}")
                print(f"{number} of {total}  {page} could not be proved", flush=True)
                continue
            everything[page] = done.result()
            about = ", ".join(sorted(find_subjects(page)))
            print(
                f"{number} of {total}  {page}: {summary(everything[page])}"
                + f"; about {about}" * bool(about),
                flush=True,
            )
    for page, results in sorted(everything.items()):
        own = [name for name, fault in catalogue.items() if fault["page"] == page]
        wrong += problems(page, results, own)
    report(everything, catalogue)
    if wrong:
        sys.exit("\n" + "\n".join(wrong))


def report(everything, catalogue):
    """Print what fails nothing, but should be known to those who write pages."""
    unnoticed = [
        f"  {page}: {fault}"
        for page, results in sorted(everything.items())
        for fault, found in results["faults"].items()
        if found["state"] == "unnoticed" and catalogue[fault]["page"] != page
    ]
    if unnoticed:
        print(
            "\nUnnoticed on pages that are about something else:", *unnoticed, sep="\n"
        )
    silent = [
        f"  {page}.py: lines {', '.join(map(str, lines))}"
        for page, results in sorted(everything.items())
        if (lines := silent_checks(page, results))
    ]
    if silent:
        print("\nChecks that nothing has made fail:", *silent, sep="\n")
    total = {"faults": {}, "mutants": []}
    for page, results in everything.items():
        total["mutants"] += results["mutants"]
        total["faults"] |= {(page, f): found for f, found in results["faults"].items()}
    print(f"\n{len(everything)} pages: {summary(total)}")


if __name__ == "__main__":
    main()
