"""The reference: each function by the name that Keras has for what it computes."""

import ast
import html
import re

import pytest
from project import PAGES, SITE

from gallery import functions
from gallery.keras_facts import read_facts
from gallery.reference import find_entries, find_names
from gallery.scripts import find_headings

NAMES = {
    "Initializers": ["Identity"],
    "Layers": ["ReLU", "Conv2D", "LSTM", "Identity"],
    "Activations": ["relu", "leaky_relu"],
    "Metrics": ["Hinge"],
    "Losses": ["Hinge"],
}


@pytest.mark.parametrize(
    "function, thing",
    [
        ("relu", ("Activations", "relu")),
        ("leaky_relu", ("Activations", "leaky_relu")),
        ("relu_layer", ("Layers", "ReLU")),
        ("hinge", ("Losses", "Hinge")),
        ("hinge_metric", ("Metrics", "Hinge")),
        ("identity_layer", ("Layers", "Identity")),
        ("identity_initializer", ("Initializers", "Identity")),
        ("conv2d", ("Layers", "Conv2D")),
        ("lstm", ("Layers", "LSTM")),
        ("lstm_step", None),
        ("conv", None),
    ],
)
def test_a_name_tells_what_a_function_computes(function, thing):
    things = functions.things_by_function(NAMES)
    assert things.get(functions.plain(function)) == thing


def test_each_function_for_something_of_keras_has_a_page_about_it():
    pages = {page.stem for page in PAGES}
    found = functions.find_things()
    assert len(found) > 170
    for name in found.values():
        assert functions.page_of(name).partition("/")[2] in pages, name
    pages = {
        "lstm": "recurrent/plot_lstm",
        "conv_lstm2d": "recurrent/plot_conv_lstm",  # another name of conv_lstm
        "sparse_categorical_crossentropy": (  # which needs log_softmax
            "training/plot_sparse_categorical_crossentropy"
        ),
    }
    assert {name: functions.page_of(name) for name in pages} == pages


ENTRIES = [entry for entries in find_entries().values() for entry in entries]
BY_NAME = {entry.name: entry for entry in ENTRIES}


def find_code(name, done):
    """Return the code of an entry below that of all entries that it leads to."""
    if name in done:
        return ""
    done.add(name)
    entry = BY_NAME[name]
    own = "\n".join(statement.text for statement in entry.code)
    return "\n\n".join([*(find_code(helper, done) for helper in entry.helpers), own])


@pytest.mark.parametrize("name", ["gelu", "text_vectorization", "conv_lstm", "lstm"])
def test_what_is_copied_from_the_reference_runs_alone(name):
    variables = {}
    exec(find_code(name, set()), variables)
    assert callable(variables[name])
    pytest.raises(TypeError, variables[name])  # which lacks its arguments


def test_an_entry_shows_or_links_all_that_its_code_needs():
    for entry in ENTRIES:
        needs = {name for statement in entry.code for name in statement.uses}
        shown = {name for statement in entry.code for name in statement.binds}
        aliases = {name for name in needs if name not in shown | set(entry.helpers)}
        assert aliases <= {"conv1d", "conv2d"}, entry.name  # of conv, to which it leads


def test_the_index_has_all_that_keras_has():
    words = set(re.findall(r"\w+", (SITE / "reference.html").read_text()))
    for title, things in read_facts().items():
        assert things.keys() <= words, title


def ids_of(page):
    return set(re.findall(r'\bid="([^"]+)"', page.read_text()))


def test_each_name_has_an_address_of_its_own():
    assert find_names().keys() == functions.find_things().keys()
    ids = {page: ids_of(SITE / f"{page}.html") for page in find_entries()}
    for (_, name), address in find_names().items():
        page, _, anchor = address.partition("#")
        assert anchor == name.lower() and anchor in ids[page], address


def test_links_in_the_reference_lead_somewhere():
    pages = [SITE / "reference.html", *SITE.glob("reference/*.html")]
    ids, links = {}, 0
    for page in pages:
        for address, anchor in re.findall(
            r'href="([^":#]*)#([^"]+)"', page.read_text()
        ):
            target = (page.parent / address).resolve() if address else page
            if target not in ids:
                ids[target] = ids_of(target)
            assert anchor in ids[target], f"{page.name}: {address}#{anchor}"
            links += 1
    assert links > 1000


def test_rules_of_weights_are_told():
    text = plain_text("reference/recurrent")
    gru = text[text.index("keras.layers.GRU(") :]
    assert (
        "bias (2, 3 * units); none with use_bias=False; (3 * units,) with reset_" in gru
    )
    assert "update z, reset r, candidate g" in gru
    of_query = "query kernel (features of query, num_heads, key_dim)"
    assert of_query in plain_text("reference/attention")
    assert "bias (channels * depth_multiplier,)" in plain_text("reference/convolution")


def test_an_entry_tells_how_to_import_its_function():
    recurrent, gradients = map(
        plain_text, ("reference/recurrent", "reference/gradients")
    )
    assert "from keras_by_hand import gru " in recurrent
    assert "from keras_by_hand.gradients import lstm_backward " in gradients


def plain_text(page):
    text = re.sub("<.*?>", "", (SITE / f"{page}.html").read_text())
    return " ".join(html.unescape(text).split())


def test_headings_are_those_above():
    page = next(page for page in PAGES if page.stem == "plot_relu")
    tree = ast.parse(page.read_text())
    headings = find_headings(page, tree)
    assert headings[0] == "" and headings[-1] == "In full"
    assert len(headings) == len(tree.body)
