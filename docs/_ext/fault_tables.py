"""What the tests demand of each thing that Keras has, and what they have measured where
they have run (gallery/proof_results.py): a page for each family, and tables of these.
"""

import re

from docutils.nodes import make_id

from gallery import stages
from gallery.functions import find_things, page_of
from gallery.includes import folded, heading, literal, plain, table, write, write_pages
from gallery.package import find_functions
from gallery.paths import DOCS, GALLERY, place
from gallery.proof_results import PAGES, find_red, read, read_demands

FOLDER = "covered"  # in auto_examples: the pages of the families
ELSEWHERE = "Elsewhere in Keras"
FUNCTIONS = "Other functions of the library"
INTRODUCTION = {  # of the pages of these, and of those of layers
    "Layers": "What every layer takes, such as ``trainable``, stands under ``Layer``, "
    "among the other layers.",
    ELSEWHERE: "What models and tools of Keras do, which no layer does by itself.",
    FUNCTIONS: "They stand for nothing that Keras has by their name: gradients, ports to "
    "other libraries, quantization step by step. They are compared with what Keras does "
    "there, or with another way to the same numbers.",
}


# -- What there is to tell


class Entry:
    """What is demanded of one thing.

    arguments: those that it takes; instead: why something else is compared in its place;
    subjects: the demands of the library's proof; faults: the typed ones, {name: fault};
    home: the page, "section/stem", that its function was written for, or None.
    """

    def __init__(self, arguments=(), instead="", home=None):
        self.arguments, self.instead, self.home = arguments, instead, home
        self.subjects, self.faults = [], {}

    @property
    def pages(self):
        """The pages that are about it, that which its function was written for first."""
        named = {fault["page"] for fault in self.faults.values()} - {self.home}
        return [self.home] * bool(self.home) + sorted(named, key=place)

    @property
    def is_covered(self):
        return bool(self.pages or self.subjects or self.instead)


def title_of(kind, family):
    """Return the title of a page: layers have one for each family."""
    return f"{kind}: {family or 'others'}" if kind == "Layers" else kind


def stem_of(title):
    """Return the name, in FOLDER, of the page that has this title."""
    return re.sub(r"[^a-z]+", "_", title.lower())


def address_of_demands(kind, name):
    """Return where it stands what is demanded of a thing of Keras."""
    family = read_demands()["names"][kind][name]["family"]
    stem = stem_of(title_of(kind, family))
    return f"auto_examples/{FOLDER}/{stem}.html#{make_id(name)}"


def home_of(name):
    return page_of(name) if name in find_functions() else None


def find_entries(demands):
    """Return {title of a page: {name: its entry}}."""
    found, of_thing, homes = {}, {}, find_things()
    for kind, things in demands["names"].items():
        for name, facts in things.items():
            home = home_of(homes.get((kind, name)))
            entry = Entry(facts["arguments"], facts["instead"], home)
            found.setdefault(title_of(kind, facts["family"]), {})[name] = entry
            of_thing[kind, name] = entry
    for name, subject in demands["subjects"].items():
        if thing := subject["thing"]:
            entry = of_thing[tuple(thing)]
        else:
            entry = found.setdefault(FUNCTIONS, {})[name] = Entry(home=home_of(name))
        entry.subjects.append(subject)
    for name, fault in demands["faults"].items():
        owner = fault["covers"].partition(".")[0]
        if fault["kind"]:
            entry = of_thing[fault["kind"], owner]
        else:
            entry = found.setdefault(ELSEWHERE, {}).setdefault(owner, Entry())
        entry.faults[name] = fault
    layers = sorted(title for title in found if title.startswith("Layers"))
    others = [title for title in found if title not in layers]
    return {title: found[title] for title in [*layers, *others]}


# -- In words


def link(page):
    return f":doc:`/auto_examples/{page}`"


def some(pages, most=3):
    """Links to the first of some pages, and how many more there are."""
    more = f" and {len(pages) - most} more" if len(pages) > most else ""
    return ", ".join(map(link, pages[:most])) + more


def by_words(parts):
    """Return {part: words} as a text in which the parts that share words stand together:
    "part, part (words); part (other words)"."""
    sharing = {}
    for part, words in parts.items():
        sharing.setdefault(words, []).append(part)
    return "; ".join(f"{literal(p)} ({plain(words)})" for words, p in sharing.items())


def demands_in_words(entry):
    """Return {what is demanded: of which arguments}, both in words."""
    answer = dict.fromkeys(name for s in entry.subjects for name in s["answer"])
    kinds = {name: kind for s in entry.subjects for name, kind in s["kinds"].items()}
    less = {part: why for s in entry.subjects for part, why in s["exceptions"].items()}
    covered = [fault["covers"].partition(".")[2] for fault in entry.faults.values()]
    broken = dict.fromkeys(sorted(filter(None, covered)))
    demanded = {*answer, *kinds, *less, *broken}
    left = [name for name in entry.arguments if name not in demanded]
    return {
        "Must change an answer": literal(answer),
        "Checked by what it does": by_words(kinds),
        "Broken on pages": literal(broken),
        "Exceptions": by_words(less),
        "Compared in another way": plain(entry.instead),
        "Nothing is demanded": literal(left),
    }


def result(fault, red):
    if fault not in red:
        return "not tried"
    return "went red" if red[fault] else "stayed green"


def table_of_faults(entry, red):
    """Return a table of the faults, with what became of them if any was tried."""
    header, tried = ("Fault", "In", "Page that must go red"), red.keys() & entry.faults
    rows = [
        (plain(name), plain(fault["covers"]), link(fault["page"]))
        + ((result(name, red),) if tried else ())
        for name, fault in entry.faults.items()
    ]
    return table(header + (("In this build",) if tried else ()), rows)


def entry_in_words(name, entry, red):
    text = heading(name)
    if entry.pages:
        text += f"{some(entry.pages)}\n\n"
    for words, of in demands_in_words(entry).items():
        text += f"- **{words}:** {of}\n" if of else ""
    if entry.faults:
        faults = f"Faults on pages: {len(entry.faults)}"
        text += f"\n{folded(faults, table_of_faults(entry, red))}"
    return f"{text}\n"


def page_in_words(title, entries, red):
    """Return the page of a family. No search leads to it: the names lead to lessons."""
    covered = {name: e for name, e in entries.items() if e.is_covered}
    missing = [plain(name) for name in entries if name not in covered]
    introduction = INTRODUCTION.get(title.partition(":")[0], "")
    text = f":nosearch:\n\n{heading(title, '=')}"
    text += "What the tests demand here: :doc:`/what_is_covered` explains the words. "
    text += f"{introduction}\n\n"
    text += "".join(entry_in_words(name, e, red) for name, e in covered.items())
    if missing:
        text += f"{heading('Not covered')}{', '.join(missing)}.\n"
    return text


# -- Texts


def families_in_words(entries, red):
    """Return a table of what is covered of each family, which leads to its page."""
    rows = []
    for title, things in entries.items():
        faults = [fault for entry in things.values() for fault in entry.faults]
        tried = [red[fault] for fault in faults if fault in red]
        went_red = f"{sum(tried)} of {len(tried)}" if tried else "not tried"
        rows.append(
            (
                f":doc:`/auto_examples/{FOLDER}/{stem_of(title)}`",
                len(things),
                sum(bool(entry.subjects) for entry in things.values()),
                sum(bool(entry.pages) for entry in things.values()),
                len(faults),
            )
            + ((went_red if faults else "",) if red else ())
        )
    header = ("Family", "Names", "Compared", "Taught", "Faults")
    tree = "".join(f"   /auto_examples/{FOLDER}/{stem_of(t)}\n" for t in entries)
    told = (
        "*Went red:* of the faults that were tried for this build.\n\n" if red else ""
    )
    return (
        told
        + table(header + (("Went red",) if red else ()), rows)
        + f"\n.. toctree::\n   :hidden:\n\n{tree}"
    )


def library_in_words(subjects):
    """Tell how much the library's proof demands."""
    counts = {
        what: sum(len(subject[what]) for subject in subjects.values())
        for what in ("answer", "kinds", "exceptions")
    }
    return (
        f"In all, {len(subjects)} layers and functions are compared. Of their arguments, "
        f"{counts['answer']:,} must change an answer, and {counts['kinds']:,} are checked "
        f"by what they do. There are {counts['exceptions']:,} exceptions.\n"
    )


def mutants_in_words():
    """Tell what became of mistakes in the pages' own lines, if that is known."""
    known = [results for page in PAGES if (results := read(page))]
    states = [state for of in known for *_, state in of.get("mutants", [])]
    if not states:
        return ""
    return (
        f"Of {len(states):,} mistakes in the lines of {len(known)} pages, "
        f"{states.count('caught'):,} were caught, {states.count('no effect'):,} changed "
        f"nothing there, and {states.count('unnoticed'):,} went unnoticed.\n"
    )


def faults_in_words(faults, red):
    """Tell how many faults there are, and of each section of the gallery how many."""
    text = f"{len(faults):,} faults must each turn a page red.\n"
    if red:
        text += (
            f"\n{len(red):,} of them were tried for this build, and "
            f"{sum(red.values()):,} turned their page red. {mutants_in_words()}"
        )
    rows = []
    for section in dict.fromkeys(page.split("/")[0] for page in PAGES):
        pages = [page for page in PAGES if page.startswith(f"{section}/")]
        count = sum(fault["page"] in pages for fault in faults.values())
        rows.append((link(f"{section}/index"), len(pages), count))
    return f"{text}\n{table(('Section', 'Pages', 'Faults'), rows)}"


def write_demands(app):
    if not (DOCS / "what_is_covered.rst").exists():  # nor need Keras be asked
        return
    demands, red = read_demands(), find_red()
    entries = find_entries(demands)
    pages = {
        stem_of(title): page_in_words(title, e, red) for title, e in entries.items()
    }
    write_pages(GALLERY / FOLDER, pages)
    write("coverage.inc", families_in_words(entries, red))
    write("library.inc", library_in_words(demands["subjects"]))
    write("faults.inc", faults_in_words(demands["faults"], red))


def setup(app):
    app.connect("builder-inited", write_demands, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
