"""Is all of Dense checked? docs/all_of_dense.toml against Keras itself."""

import inspect
import tomllib

import keras
import pages
import pytest
from conftest import ROOT
from faults import faults_of
from keras.layers import Dense, Layer

GROUPS = tomllib.loads((ROOT / "docs/all_of_dense.toml").read_text())
CHECKED = {
    f"{group} {name}": (entry["page"], entry["fault"])
    for group, entries in GROUPS.items()
    for name, entry in entries.items()
}
FILES = {f"{page.parent.name}/{page.stem}": page for page in pages.PAGES}


def arguments():
    """The names of the arguments that Dense takes, its own and those of any layer."""
    taken = {
        name: parameter
        for cls in (Layer, Dense)
        for name, parameter in inspect.signature(cls.__init__).parameters.items()
    }
    return {
        name
        for name, parameter in taken.items()
        if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
    }


def methods():
    """The names of the public methods and properties that Dense defines itself."""
    return {name for name in vars(Dense) if not name.startswith("_")}


def activations():
    """The names of all public activations: what is not there to find or save them."""
    tools = {"get", "serialize", "deserialize"}
    return {name for name in dir(keras.activations) if name[0] != "_"} - tools


@pytest.mark.parametrize("names", [arguments, methods, activations])
def test_every_name_that_keras_has_is_listed(names):
    assert set(GROUPS[names.__name__]) == names()


def test_what_is_inherited_is_there():
    for name in GROUPS["inherited"]:
        assert hasattr(Layer, name) and name not in vars(Dense), name


def test_each_entry_has_a_fault_of_its_own():
    assert len(set(CHECKED.values())) == len(CHECKED)


@pytest.mark.parametrize("entry", CHECKED)
def test_the_page_goes_red_without_it(entry):
    name, fault = CHECKED[entry]
    page = FILES[name]
    with faults_of(page)[fault], pytest.raises(AssertionError):
        pages.run(page.read_text(), page.name)
