"""The reference: each function by the name that Keras has for what it computes."""

import ast
import html
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import by_hand
import numpy as np
import pytest
import reference
from bs4 import BeautifulSoup
from project import PAGES, SITE

from gallery import functions, whole_models
from gallery.command_help import read_help
from gallery.keras_facts import read_facts
from gallery.package import find_door, names_of
from gallery.paths import name_of
from gallery.reference import (
    find_addresses,
    find_entries,
    find_names,
    function_name,
)
from gallery.scripts import find_headings
from gallery.signatures import WIDTH
from keras_by_hand.shapes import options_of

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


def test_functions_have_pages_about_them():
    assert len(functions.find_taught()) > 180
    assert {*functions.find_taught().values()} <= {*map(name_of, PAGES)}
    pages = {
        "lstm": "recurrent/plot_lstm",
        "conv_lstm3d": "recurrent/plot_conv_lstm2d",  # whose conv_lstm it calls
        "sparse_categorical_crossentropy": (  # imported under "Check it"
            "training/plot_sparse_categorical_crossentropy"
        ),
    }
    assert {name: functions.page_of(name) for name in pages} == pages


ENTRIES = [entry for entries in find_entries().values() for entry in entries]
BY_NAME = {name: entry for entry in ENTRIES for name in entry.names}


def find_code(name, done):
    """Return the code of an entry below that of all entries that it leads to."""
    entry = BY_NAME[name]
    if entry.title in done:
        return ""
    done.add(entry.title)
    helpers = [find_code(function_name(helper), done) for helper in entry.helpers]
    return "\n\n".join([*helpers, entry.code])


@pytest.mark.parametrize("page", find_entries())
def test_what_is_copied_from_the_reference_runs_alone(page):
    for entry in find_entries()[page]:
        variables = {}
        exec(find_code(entry.names[0], set()), variables)
        for statement in entry.shown:
            function = variables[function_name(statement)]
            pytest.raises(TypeError, function)  # which lacks its arguments


@pytest.mark.parametrize(
    "name, x, more, y",
    [
        ("conv2d", np.ones((1, 3, 3, 1)), [np.ones((2, 2, 1, 1))], 4),
        ("max_pooling2d", np.ones((1, 2, 2, 1)), [], 1),
        ("softmax", np.zeros((1, 2)), [], 0.5),
    ],
)
def test_what_is_copied_computes(name, x, more, y):
    variables = {}
    exec(find_code(name, set()), variables)
    assert np.all(variables[name](x, *more) == y)


def test_an_entry_shows_or_links_all_that_its_code_needs():
    shown = {function_name(s) for entry in ENTRIES for s in entry.shown}
    for entry in ENTRIES:
        _, needs = names_of(entry.code)
        assert needs <= shown & {*map(function_name, entry.helpers)}, entry.title


def test_the_code_that_is_shown_has_no_checks():
    assert len(ENTRIES) > 250
    for entry in ENTRIES:
        assert not re.search(r"\b_?check_|\bas_(array|option)|>>> ", entry.code)


# -- Calls and options


def test_a_call_is_told_with_its_types():
    text = reference.entry_in_words(BY_NAME["conv2d"])
    call = """
   conv2d(x: ArrayLike, kernel: ArrayLike, bias: ArrayLike | None = None, *,
       strides: int | Sequence[int] = 1, padding: "valid" | "same" = "valid",
       data_format: "channels_last" | "channels_first" | None = None,
       dilation_rate: int | Sequence[int] = 1, groups: int = 1,
       activation: str | Callable | None = None) -> np.ndarray
   # and so conv3d
"""
    assert call in text
    assert "   from keras_by_hand import conv1d, conv2d, conv3d\n" in text
    assert max(map(len, call.splitlines())) <= WIDTH + 3
    text = reference.entry_in_words(BY_NAME["EarlyStop"])  # a NamedTuple
    assert "   EarlyStop(stopped_epoch: int | None, best_epoch: int)\n" in text


def test_what_differs_in_rank_alone_shares_an_entry():
    assert BY_NAME["conv1d"] is BY_NAME["conv3d"] is BY_NAME["conv"]
    assert BY_NAME["conv2d"].title == "Conv1D, Conv2D, Conv3D"
    assert [function_name(s) for s in BY_NAME["conv2d"].shown] == ["conv2d", "conv"]
    # The first has a mask.
    assert BY_NAME["global_average_pooling1d"] != BY_NAME["global_average_pooling2d"]
    text = reference.entry_in_words(BY_NAME["conv2d"])
    assert text.count("Raises ValueError") == 1  # they say the same
    assert "``conv3d``: x: (batch, depth, height, width, channels)" in text


def test_metrics_that_are_means_of_losses_share_an_entry():
    entry = BY_NAME["hinge_metric"]
    assert entry is BY_NAME["poisson_metric"]
    assert BY_NAME["cosine_similarity_metric"] is not entry  # of another sign
    assert [function_name(s) for s in entry.shown] == ["mean_squared_error_metric"]
    text = reference.entry_in_words(entry)
    assert text.count("MeanSquaredError(name=") == text.count("Raises ValueError") == 1
    assert "# and so MeanAbsoluteError, " in text and "# and so mean_absolute" in text
    entry = BY_NAME["accuracy"]  # of which the metric is the mean
    assert [function_name(s) for s in entry.shown] == ["accuracy", "accuracy_metric"]


def test_an_entry_has_the_example_of_the_function_that_is_shown():
    text = reference.entry_in_words(BY_NAME["dense"])
    example = ".. code-block:: pycon\n\n   >>> dense([[1, 2]], kernel="
    assert text.index("Raises ValueError") < text.index(example)
    assert text.index(example) < text.index("   def dense(x, kernel, bias=None")


def test_each_text_of_an_option_stands_in_the_entry_and_with_its_argument():
    options = 0
    for entry in ENTRIES:
        text, arguments = reference.entry_in_words(entry), reference.arguments(entry)
        of_keras = {a for facts in entry.things.values() for a in facts["arguments"]}
        for statement in entry.told:
            function = getattr(by_hand, function_name(statement), None)
            for name in inspect.signature(function).parameters if function else ():
                for value in filter(None, options_of(function, name)):
                    assert f'"{value}"' in text, (function, name)
                    if name in of_keras:
                        assert f'``"{value}"``' in arguments, (function, name)
                    options += 1
    assert options > 200


# -- Whole models


def test_each_name_of_the_door_has_an_entry():
    known = find_addresses().keys() | whole_models.find_addresses().keys()
    assert find_door() - known == set()


def test_whole_models_have_addresses_and_are_in_the_index():
    index = (SITE / "reference.html").read_text()
    ids = ids_of(SITE / f"{whole_models.PAGE}.html")
    for title, address in whole_models.find_addresses().items():
        page, _, anchor = address.partition("#")
        assert anchor in ids, title
        assert f'href="{page}.html#{anchor}"' in index, title


def test_methods_are_told():
    text = whole_models.page_in_words()
    call = "   Model.predict(x: Any, report: Callable | None = None) -> Any\n\n"
    assert f"{call}Return what Keras' predict" in text
    assert "   Model.fit(x: Any, y: Any, batch_size: int = 32," in text  # of its base
    assert '   EarlyStopping(monitor: str = "val_loss", min_delta: float = 0,' in text
    assert "   compare(model: str | os.PathLike[str] | Model, port: Any," in text


@pytest.mark.parametrize("words", [[], ["show"], ["run"], ["train"], ["compare"]])
def test_the_help_of_a_command_is_what_it_prints(words):
    command = Path(sys.executable).parent / "keras-by-hand"
    width = {**os.environ, "COLUMNS": str(WIDTH)}
    done = subprocess.run(
        [command, *words, "--help"], env=width, capture_output=True, text=True
    )
    assert read_help()[" ".join(["keras-by-hand", *words])] == done.stdout.rstrip()


# -- The site


def test_the_index_has_all_that_keras_has():
    words = set(re.findall(r"\w+", (SITE / "reference.html").read_text()))
    for title, things in read_facts().items():
        assert things.keys() <= words, title


def test_the_index_tells_why_there_is_no_function():
    text = reference.index_in_words()
    for names in functions.read_left_out().values():
        assert all(f": {reason}\n" in text for reason in names.values())
    assert "- HashedCrossing, Hashing: a layer of FarmHash64" in text


def ids_of(page):
    return set(re.findall(r'\bid="([^"]+)"', page.read_text()))


def test_each_name_has_an_address_of_its_own():
    assert find_names().keys() == functions.find_things().keys()
    ids = {page: ids_of(SITE / f"{page}.html") for page in find_entries()}
    for (_, name), address in find_names().items():
        page, _, anchor = address.partition("#")
        assert anchor == name.lower() and anchor in ids[page], address


def test_rules_of_weights_are_told():
    text = plain_text("reference/recurrent")
    gru = text[text.index("keras.layers.GRU(") :]
    assert (
        "bias (2, 3 * units) none with use_bias=False; (3 * units,) with reset_" in gru
    )
    assert "update z, reset r, candidate g" in gru
    of_query = "query kernel (features of query, num_heads, key_dim)"
    assert of_query in plain_text("reference/attention")
    assert "bias (channels * depth_multiplier,)" in plain_text("reference/convolution")


def test_weights_are_a_table_with_the_initializers_of_the_signature():
    page = BeautifulSoup((SITE / "reference/recurrent.html").read_text(), "html.parser")
    title = page.select_one(
        "h2:-soup-contains-own('LSTM'):not(:-soup-contains('Cell'))"
    )
    rows = [
        [cell.text.strip() for cell in row.select("th, td")]
        for row in title.find_next("table").select("tr")
    ]
    assert rows[0] == ["get_weights()", "Shape", "Otherwise", "Initializer"]
    assert rows[1:] == [
        ["kernel", "(features, 4 * units)", "", "'glorot_uniform'"],
        ["recurrent_kernel", "(units, 4 * units)", "", "'orthogonal'"],
        ["bias", "(4 * units,)", "none with use_bias=False", "'zeros'"],
    ]


def test_arguments_have_their_defaults_unless_these_differ():
    told = reference.arguments(BY_NAME["gru"])
    assert "\n``units``\n   number of output features" in told
    assert "\n``activation='tanh'``\n" in told and "\n``reset_after=True``\n" in told
    told = reference.arguments(BY_NAME["cropping2d"])
    assert "\n``cropping``\n" in told  # 1 of Cropping1D, pairs of zeros of Cropping2D


def test_a_column_of_weights_without_words_is_left_out():
    rule = {"name": "scale", "shape": [["features"]], "variants": []}
    facts = {"signature": "keras.layers.X()", "weights": [rule], "note": ""}
    text = reference.weights({("Layers", "X"): facts})
    assert "* - ``get_weights()``\n     - Shape\n   * - ``scale``" in text


def test_long_code_is_folded():
    lengths = {entry.title: entry.code.count("\n") + 1 for entry in ENTRIES}
    for entry in ENTRIES:
        summary = f"<summary>{lengths[entry.title]} lines of code</summary>"
        is_long = lengths[entry.title] > reference.MOST_LINES
        assert (summary in reference.source(entry)) == is_long
    assert min(lengths.values()) <= reference.MOST_LINES < max(lengths.values())


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
