"""Break Keras, and the pages' own lines, and see the pages go red.

    python tests/proof/prove.py [PAGE or SECTION ...]

Each page, or each that is named, is run under the faults that name it, with mistakes in
its own NumPy lines, and with other answers of Keras. What was measured before is not
measured again, as long as nothing that it depends on has changed.

Exits with 1 if a fault leaves its page green, if a mutant changes something that goes
unnoticed, if nothing turns a comparison red, or if the harness itself fails.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import kept

from gallery.linker import find_origin, write_pages
from gallery.package import LinkError
from gallery.paths import ROOT


def prove(name):
    """Measure a page, given as "section/stem"; return what is known of it.

    {"faults": {name: {"state", "red"}}, "mutants": [[before, after, state], ...],
    "fired": [line of a check that a mutant, or another answer, made fail, ...],
    "reached": [line of a comparison that the page came to, ...]}
    """
    if known := kept.read(name):
        return known
    import faults  # here, as TensorFlow takes its time, and not every process proves
    import running

    gc.collect()
    gc.freeze()  # or each run would walk through what earlier pages left in TensorFlow
    page = running.Page(kept.PAGES[name])
    own = [fault for fault in faults.read_catalogue().values() if fault.page == name]
    with told(page):
        kept.keep(name, measure(page, own))
    return kept.read(name)


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
        if names:
            error.add_note(f"at {', called from '.join(names)}")
        raise


def measure(page, own):
    """Measure a page under its own faults, its mutants, and changed answers.

    Raises RuntimeError if the faults leave Keras with other settings, AssertionError if
    the page fails after them, as it is.
    """
    import answers
    import faults
    import mutants
    import replaying
    import running

    with running.conditions():
        settings = running.read_settings()
    runs = {fault.name: faults.run_under(fault, page) for fault in own}
    with running.conditions():
        if running.read_settings() != settings:
            raise RuntimeError("A fault leaves Keras with other settings")
        replay = replaying.Replay(page)
        clean = replay.clean.observed
        measured = {name: faults.judge(run, clean) for name, run in runs.items()}
        found, fired = mutants.measure(replay)
        red = {found["red"] for found in measured.values()}
        green = page.lines_of(faults.read_green(page.name))
        fired |= answers.measure(replay, fired | red | green)
    return {
        "faults": measured,
        "mutants": found,
        "fired": sorted(fired),
        "reached": sorted(replay.clean.reached),
    }


def problems(name, results):
    """Return what must not be: faults that left their page green, mutants that changed
    something and were not noticed, and comparisons that nothing turned red."""
    import faults
    import running

    found = [
        f"{name} stays green under its fault: {fault} ({measured['state']})"
        for fault, measured in results["faults"].items()
        if measured["state"] not in ("caught", "stopped")
    ]
    found += [
        f"{name} does not notice: {before}  ->  {after}"
        for before, after, state in results["mutants"]
        if state == "unnoticed"
    ]
    page = running.Page(kept.PAGES[name])
    green = page.comparisons & set(results["reached"]) - went_red(results)
    allowed = page.lines_of(faults.read_green(name))
    found += [
        f"{name}: nothing turns the comparison in line {line} red"
        for line in lines_in_source(page, green - allowed)
    ]
    return found + [
        f"{name}: the comparison in line {line} goes red, and GREEN says it does not"
        for line in lines_in_source(page, allowed - green)
    ]


def went_red(results):
    """Return the lines of the checks that something made fail."""
    return {found["red"] for found in results["faults"].values()} | set(
        results["fired"]
    )


def lines_in_source(page, lines):
    """Return lines of a page as they are in the file that its writer knows."""
    return sorted(find_origin(page.path, line)[1] for line in lines)


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
    parser.add_argument("names", nargs="*", metavar="PAGE or SECTION")
    arguments = parser.parse_args()
    import what_was_proved  # here, as TensorFlow takes its time

    try:
        write_pages()
    except LinkError as error:
        sys.exit(f"{error}")
    names = [n.removeprefix("examples/").removesuffix(".py") for n in arguments.names]
    chosen = [
        page
        for page in kept.PAGES
        if not names
        or any(page == name or page.startswith(f"{name}/") for name in names)
    ]
    if not chosen:
        sys.exit(
            f"There is no page or section {', '.join(arguments.names)} in examples/"
        )
    everything, wrong, total = {}, [], len(chosen)
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), fresh) as pool:
        running = {pool.submit(prove, page): page for page in chosen}
        for number, done in enumerate(concurrent.futures.as_completed(running), 1):
            page = running[done]
            if error := done.exception():
                said = "\n  ".join([str(error), *getattr(error, "__notes__", [])])
                wrong.append(f"{page}: {type(error).__name__}: {said}")
                print(f"{number} of {total}  {page} could not be proved", flush=True)
                continue
            everything[page] = done.result()
            said = summary(everything[page])
            print(f"{number} of {total}  {page}: {said}", flush=True)
    for page, results in sorted(everything.items()):
        wrong += problems(page, results)
    total = {"faults": {}, "mutants": []}
    for results in everything.values():
        total["mutants"] += results["mutants"]
        total["faults"] |= results["faults"]
    print(f"\n{len(everything)} pages: {summary(total)}")
    what_was_proved.main()
    if wrong:
        sys.exit("\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
