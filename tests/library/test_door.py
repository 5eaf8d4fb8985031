"""What keras_by_hand itself hands on, and the names of its functions."""

import importlib
import inspect

import pytest

import keras_by_hand
from gallery.functions import plain, read_left_out, things_by_function
from gallery.keras_facts import read_facts
from gallery.keras_names import MODULES, TOOLS
from gallery.package import NAME, PACKAGE, find_functions, find_place

VERBS = {"CannotRun", "Comparison", "Model"}
VERBS |= {"build_model", "compare", "gradient", "load_model"}
# Of keras.callbacks, by their own names: what fit takes, beside functions of schedules.
CALLBACKS = {"EarlyStopping", "LearningRateScheduler", "ReduceLROnPlateau"}
THINGS = things_by_function(read_facts())


def test_it_hands_on_what_keras_has_a_name_for_and_a_few_verbs():
    of_keras = {name for name in find_functions() if plain(name) in THINGS}
    assert len(of_keras) > 170
    there, wanted = set(keras_by_hand.__all__), of_keras | VERBS | CALLBACKS
    told = "keras_by_hand/__init__.py: __all__ has"
    assert not wanted - there, f"{told} no {', '.join(sorted(wanted - there))}"
    assert not there - wanted, f"{told} {', '.join(sorted(there - wanted))}"
    assert len(keras_by_hand.__all__) == len(there)


def test_it_has_nothing_else_but_modules():
    found = {
        name
        for name, thing in vars(keras_by_hand).items()
        if not name.startswith("_") and not inspect.ismodule(thing)
    }
    assert found == set(keras_by_hand.__all__)


@pytest.mark.parametrize("title", [title for title in MODULES if title != "Layers"])
def test_each_public_name_of_keras_has_a_function_or_a_reason(title):
    """Its functions and other names of its classes, too: keras.losses.hinge."""
    known = {*map(plain, keras_by_hand.__all__), *map(plain, read_left_out()[title])}
    for name, thing in vars(MODULES[title]).items():
        if callable(thing) and name not in TOOLS:
            names = {name, f"{name}_metric", f"{name}_initializer", thing.__name__}
            assert known & {*map(plain, names)}, f"{title}: {name}"


@pytest.mark.parametrize("name", keras_by_hand.__all__)
def test_each_name_is_that_of_its_function(name):
    thing = getattr(keras_by_hand, name)
    assert inspect.isfunction(thing) or inspect.isclass(thing)
    assert thing.__name__ == name


def test_no_function_is_hidden_by_a_module_or_hides_one():
    modules = {file.stem for file in PACKAGE.iterdir() if not file.stem.startswith("_")}
    assert {"activations", "layers"} <= modules
    assert not modules & {*find_functions(), *keras_by_hand.__all__}


def test_each_function_is_imported_from_one_place():
    for name in find_functions():
        place = find_place(name)
        assert (place == NAME) == (name in keras_by_hand.__all__), name
        thing = getattr(importlib.import_module(place), name)
        assert place in (NAME, thing.__module__), name


def test_a_name_that_things_of_keras_share_is_that_of_the_plainest():
    for name, statement in find_functions().items():
        if thing := THINGS.get(plain(name)):
            title, of_keras = thing
            module = statement.file.relative_to(PACKAGE).parts[0].removesuffix(".py")
            assert module == title.lower(), (
                f"{name} is the name of {of_keras} of Keras' {title.lower()}, which is "
                f"plainer: see ENDINGS in gallery/functions.py"
            )
