"""The reference: a page for each module of the library, with what there is to tell of each
function, one on whole models, and an index of all names that Keras has.
"""

import ast
import itertools
import re
import textwrap

from gallery import stages, whole_models
from gallery.about import pages_about
from gallery.elsewhere import elsewhere_of, names_there
from gallery.functions import find_things, name_alone, read_left_out
from gallery.includes import (
    anchors,
    code,
    folded,
    heading,
    literal,
    plain,
    prose,
    rubric,
    table,
    write,
    write_pages,
)
from gallery.keras_facts import mask_in_words, read_facts, read_masks
from gallery.package import (
    find_functions,
    find_place,
    read_statements,
)
from gallery.paths import DOCS
from gallery.proved import proof_of
from gallery.reference import (
    FOLDER,
    file_of_page,
    find_addresses,
    find_entries,
    find_names,
    function_name,
    without_name,
)
from gallery.reference_words import equation_of, option_in_words, words_of
from gallery.signatures import (
    and_so,
    call_of,
    example_of,
    imports_of,
    in_lines,
    options_of,
    paragraphs_of,
    types_of,
)
from gallery.surprises import surprises_of

BY_KIND = ("initializer", "regularizer", "constraint")  # arguments told in one line
BEGINS = "how weights begin, what the loss adds for them, what each step enforces"
# Their shapes are told.
INPUTS = {"inputs", "x", "data", "sequence", "sequences", "y_true", "y_pred"}
MOST_LINES = 24  # of code that is shown at once


def link(name):
    """Return a link to a function's entry, from a page of the reference."""
    page, _, anchor = find_addresses()[name].partition("#")
    return f"`{plain(name)} <{page.removeprefix(f'{FOLDER}/')}.html#{anchor}>`__"


# -- Parts of an entry


def signatures(things):
    """Tell how Keras' class or function is called; of several that differ in their name
    alone, once."""
    calls = {}
    for (_, name), facts in things.items():
        call = facts["signature"].replace(f".{name}(", ".NAME(")
        call = re.sub(r"\bname='\w+'", "name=...", call)
        calls.setdefault((call, facts["call"]), {})[name] = facts["signature"]
    parts = []
    for (_, of_call), signed in calls.items():
        first, *others = signed
        text = in_lines(signed[first])
        if of_call:
            text += f"\n{in_lines(f'# called with {of_call}')}"
        parts.append(code(text + and_so(others)))
    return "\n".join(parts)


def calls(entry):
    """Tell how to import and to call functions, with types; nothing of those that are
    their module's own."""
    public, told = [s for s in entry.told if find_place(function_name(s))], {}
    for statement in public:
        told.setdefault(types_of(statement, statement.node), []).append(statement)
    if not public:
        return ""
    parts = [imports_of(map(function_name, public))]
    for first, *others in told.values():
        call = call_of(first, first.node, function_name(first))
        parts.append(call + and_so(map(function_name, others)))
    return code("\n\n".join(parts))


def options(entry):
    """Return {argument of Keras: {what it may be: the names of Keras for which it may, ""
    for all}}."""
    found, having = {}, {}
    for thing in entry.things:
        function = find_functions()[find_things()[thing]]
        for argument, values in options_of(function).items():
            having.setdefault(argument, []).append(thing[1])
            for value in values:
                names = found.setdefault(argument, {}).setdefault(value, [])
                names.append(thing[1])
    return {
        argument: {
            value: "" if names == having[argument] else ", ".join(names)
            for value, names in values.items()
        }
        for argument, values in found.items()
    }


def defaults_of(facts):
    """Return {argument of Keras: its default, as code}."""
    call = ast.parse(facts["signature"], mode="eval").body
    return {given.arg: ast.unparse(given.value) for given in call.keywords}


def arguments(entry):
    """Tell what each argument does, with its default, unless names of Keras differ in it;
    what begins, penalizes or holds weights, in a line."""
    told, by_kind, defaults, options_there = {}, {}, {}, options(entry)
    for thing, facts in entry.things.items():
        for argument in facts["arguments"]:
            if argument.endswith(BY_KIND):
                by_kind[argument] = None
            elif argument not in INPUTS:
                words = words_of(name_alone(*thing), argument)
                what = option_in_words(words, options_there.get(argument, {}))
                told.setdefault(argument, what)
                default = defaults_of(facts).get(argument)
                defaults.setdefault(argument, set()).add(default)
    lines = []
    for argument, words in told.items():
        default, *others = defaults[argument]
        has_one = default is not None and not others
        term = f"{argument}={default}" if has_one else argument
        lines.append(f"``{term}``\n   {words}\n")
    if by_kind:
        lines.append(f"{literal(by_kind)}\n   {BEGINS}\n")
    if not lines:
        return ""
    return "\n".join([rubric("Arguments"), ".. rst-class:: arguments\n", *lines])


def shape_in_words(formulas):
    """Return the formulas of a shape's axes as Python would show them."""
    axes = [" ".join(formula) for formula in formulas]
    axes = [f"*{axis}" if axis in ("kernel_size", "shape") else axis for axis in axes]
    return f"({', '.join(axes)}{',' * (len(axes) == 1)})"


def initializer_of(rule, facts):
    """Return the default of the argument that begins a weight; "" where there is none."""
    defaults, kind = defaults_of(facts), rule["name"].split()[-1]
    names = f"{kind}_initializer", f"{kind.removesuffix('_kernel')}_initializer"
    found = [defaults[name] for name in names if name in defaults]
    return f"``{found[0]}``" if found else ""


def weight_in_words(rule, facts):
    """Return the row of a weight: its name and shape, when it has another, and how it
    begins."""
    shape, others = rule["shape"], []
    for argument, value, other in rule["variants"]:
        told = f"``{argument}={value!r}``" if value is not None else f"``{argument}``"
        what = "none" if other is None else plain(shape_in_words(other))
        others.append(f"{what} with {told}")
    usual = "none" if shape is None else plain(shape_in_words(shape))
    return f"``{rule['name']}``", usual, "; ".join(others), initializer_of(rule, facts)


def weights(things):
    """Tell the rules for the weights, in the order of get_weights()."""
    by_rules = {}
    for (_, name), facts in things.items():
        if facts["weights"]:
            key = repr((facts["weights"], facts["note"]))
            by_rules.setdefault(key, (facts, []))[1].append(name)
    parts = []
    for facts, names in by_rules.values():
        of = f" of {', '.join(names)}" if len(by_rules) > 1 else ""
        rules = facts["weights"]
        if isinstance(rules, str):
            parts.append(f"{rubric(f'Weights{of}')}\n{rules}.\n")
            continue
        rows = [weight_in_words(rule, facts) for rule in rules]
        header, columns = ("``get_weights()``", "Shape", "Otherwise", "Initializer"), []
        for title, cells in zip(header, zip(*rows)):
            if any(cells):
                columns.append((title, *cells))
        head, *rows = zip(*columns)
        parts += [rubric(f"Weights{of}"), table(head, rows), f"{facts['note']}\n"]
    return "\n".join(parts)


def docstrings(entry):
    """Return what functions say of themselves, as paragraphs; what all of them say but for
    their names, once."""
    saying, shown = {}, function_name(entry.shown[0])
    for statement in entry.told:
        for place, text in enumerate(paragraphs_of(statement.node)):
            key = place, without_name(statement, text)
            saying.setdefault(key, {})[function_name(statement)] = text
    paragraphs = []
    for _, texts in sorted(saying.items(), key=lambda item: item[0][0]):
        of = f"{literal(texts)}: " if len(texts) < len(entry.told) else ""
        text = texts[shown] if shown in texts else [*texts.values()][0]
        paragraphs.append(f"{of}{prose(text)}\n")
    return paragraphs


def example(entry):
    found = example_of(entry.shown[0].node)
    return f"{rubric('Example')}\n{code(found, 'pycon')}" if found else ""


def equations(things):
    """Return the equations of things of Keras, each once."""
    parts = []
    for equation in map(equation_of, itertools.starmap(name_alone, things)):
        if equation:
            latex = textwrap.indent(equation["latex"].strip(), "   ")
            parts.append(f".. math::\n\n{latex}\n\n{equation['letters']}\n")
    return "\n".join(dict.fromkeys(parts))


def source(entry):
    """Return the code of a function, folded if it is long, with links to what else of the
    library it needs."""
    needs = ", ".join(link(function_name(helper)) for helper in entry.helpers)
    lines = entry.code.count("\n") + 1
    text = code(entry.code)
    if lines > MOST_LINES:
        text = folded(f"{lines} lines of code", text)
    more = f"\nIt needs {needs}.\n" if needs else ""
    return f"{rubric('In NumPy')}\n{text}{more}"


def masks(things):
    facts = read_masks()
    told = {mask_in_words(**facts[name]) for _, name in things if name in facts}
    return "\n".join(f"**With a mask**, it {what}.\n" for what in sorted(told))


def elsewhere(things):
    """Tell what others call it, what differs there, and what converts its weights; of
    things that differ in the same way, once."""
    groups, text = {}, ""
    names = itertools.starmap(name_alone, things)
    for entry in filter(None, map(elsewhere_of, names)):
        same = entry["differs"], *entry["carried_by"]
        groups.setdefault(same, []).append(entry)
    for (differs, *functions), entries in groups.items():
        there = names_there(entries).items()
        told = ", ".join(f"{framework} {literal(names)}" for framework, names in there)
        text += f"**Elsewhere**: {told}{'. ' * bool(told)}{differs}"
        if functions:
            text += f" Weights converted by {', '.join(map(link, functions))}."
        text += "\n\n"
    return text


def surprises(things):
    """Tell what surprises there are, the worst first."""
    found = dict.fromkeys(s for thing in things for s in surprises_of(*thing))
    lines = [
        f"- Keras {s.versions}, {s.gravity}: {s.text} (:doc:`/auto_examples/{s.page}`)\n"
        for s in found
    ]
    return "".join(["**Surprises**:\n\n", *lines]) if lines else ""


def pages(entry):
    """Tell of the pages about an entry, by their kinds."""
    text = ""
    for kind, names in pages_about(entry).items():
        links = ", ".join(f":doc:`/auto_examples/{name}`" for name in names)
        text += f"**{kind.capitalize()}{'s' * (len(names) > 1)}**: {links}.\n\n"
    return text


def in_words(entry):
    """Return all that there is to tell of a thing of Keras, as reStructuredText."""
    thing = next(iter(entry.things))
    parts = [
        signatures(entry.things),
        calls(entry),
        equations(entry.things),
        *docstrings(entry),
        arguments(entry),
        weights(entry.things),
        masks(entry.things),
        example(entry),
        source(entry),
        elsewhere(entry.things),
        surprises(entry.things),
        pages(entry),
        folded("Proved against Keras", proof_of(*thing)),
    ]
    return "\n".join(filter(None, parts))


def entry_in_words(entry):
    told = "\n".join([calls(entry), *docstrings(entry), example(entry), source(entry)])
    text = in_words(entry) if entry.things else told
    return f"{anchors(entry.anchors, entry.title)}\n{heading(entry.title)}{text}"


# -- Pages


def says(page):
    """Return what a module says of itself: a title, and what stands behind the colon."""
    first = read_statements(file_of_page(page))[0].node
    return ast.get_docstring(ast.Module([first], [])).rstrip(".").partition(": ")


def title_of_page(page):
    return says(page)[0]


def page_in_words(page, entries):
    """Return the page of a module."""
    title, _, more = says(page)
    text = heading(title, "=")
    text += f"{more[:1].upper()}{more[1:]}.\n" * bool(more)
    return "\n".join([text, *map(entry_in_words, entries)])


def write_reference(app):
    if not (DOCS / f"{FOLDER}.rst").exists():
        return
    pages = {
        page.removeprefix(f"{FOLDER}/"): page_in_words(page, entries)
        for page, entries in find_entries().items()
    }
    pages[whole_models.PAGE.removeprefix(f"{FOLDER}/")] = whole_models.page_in_words()
    write_pages(DOCS / FOLDER, pages)
    write("reference.inc", index_in_words())


def name_in_index(thing, address, taken):
    """Return the link of a name. Its id is the address that it had when the reference was
    a single page: forward.js leads on from there."""
    title, name = thing
    free = name.lower() not in taken
    taken.add(anchor := name.lower() if free else f"{name.lower()}-{title.lower()}")
    words = " ".join(read_facts()[title][name]["arguments"])
    return anchor_in_index(name, anchor, address, words)


def anchor_in_index(name, anchor, address, words=""):
    page, _, place = address.partition("#")
    return (
        f'<a class="name" id="{anchor}" href="{page}.html#{place}" '
        f'data-words="{words}">{name}</a>'
    )


def models_in_index():
    """Return the links to what runs whole models."""
    page = f'<a href="{whole_models.PAGE}.html">{whole_models.TITLE}</a>'
    addresses = whole_models.find_addresses().items()
    return page, *(
        anchor_in_index(title, address.partition("#")[2], address)
        for title, address in addresses
    )


def reasons_in_words(title, names):
    """Tell why names of Keras have no function here; those that share a reason, once."""
    sharing = {}
    for name in names:
        reason = read_left_out()[title].get(name, "not computed here")
        sharing.setdefault(reason, []).append(name)
    lines = [f"- {plain(', '.join(of))}: {prose(why)}\n" for why, of in sharing.items()]
    return "".join(lines)


def index_in_words():
    """Return all names of Keras: those with an entry lead to it, by family; and what runs
    whole models."""
    links, missing, taken = {}, {}, set()
    for title, things in read_facts().items():
        for name in things:
            if address := find_names().get((title, name)):
                page = address.partition("#")[0]
                told = name_in_index((title, name), address, taken)
                links.setdefault(page, []).append(told)
            else:
                missing.setdefault(title, []).append(name)
    titles = {
        page: f'<a href="{page}.html">{title_of_page(page)}</a>'
        for page in find_entries()
    }
    of_library = [titles[page] for page in titles if page not in links]
    groups = [(titles[page], *links[page]) for page in titles if page in links]
    groups.append(("<span>Not named in Keras</span>", *of_library))
    groups.append(models_in_index())
    lines = [f'<p class="names">{" ".join(group)}</p>' for group in groups]
    text = ".. raw:: html\n\n" + textwrap.indent("\n".join(lines), "   ") + "\n\n"
    for title, names in missing.items():
        count = f"{title} without a function here: {len(names)}"
        text += folded(count, reasons_in_words(title, names)) + "\n"
    tree = "".join(f"   /{page}\n" for page in [*find_entries(), whole_models.PAGE])
    return f"{text}\n.. toctree::\n   :hidden:\n\n{tree}"


def write_masks(app):
    layers = {}
    for name, what in read_masks().items():
        layers.setdefault(mask_in_words(**what), []).append(name)
    rows = [(what, ", ".join(layers[what])) for what in sorted(layers, reverse=True)]
    write("masks.inc", table(("What it does with a mask", "Layers"), rows))


def add_script(app, pagename, templatename, context, doctree):
    if pagename.partition("/")[0] == FOLDER:
        app.add_js_file("forward.js", loading_method="defer")


def setup(app):
    app.connect("builder-inited", write_reference, priority=stages.TELL_OF_PAGES)
    app.connect("builder-inited", write_masks, priority=stages.TELL_OF_PAGES)
    app.connect("html-page-context", add_script, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
