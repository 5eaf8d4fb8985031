"""What elsewhere.toml says of Keras and of the library; tests/slow/porting.py asks the
other frameworks what it says of them."""

import inspect
import tomllib

import by_hand
import pytest
from stated import stated_defaults

from gallery.elsewhere import FAMILIES, FILE, NOTHING, elsewhere_of, read_elsewhere
from gallery.functions import find_things, name_alone
from gallery.keras_names import named

THINGS = {
    name_alone(title, name): thing
    for title in FAMILIES
    for name, thing in named()[title].items()
}
PORTING = {
    name
    for name, thing in vars(by_hand).items()
    if getattr(thing, "__module__", "").startswith("keras_by_hand.porting")
}


def test_each_name_is_one_of_keras():
    assert sum(len(named()[title]) for title in FAMILIES) == len(THINGS)
    assert read_elsewhere().keys() <= THINGS.keys()


def test_each_layer_with_a_function_has_an_entry():
    computed = {name for title, name in find_things() if title == "Layers"}
    assert computed - read_elsewhere().keys() == set()


def test_each_entry_says_something_and_nothing_else():
    for name, entry in tomllib.loads(FILE.read_text()).items():
        assert entry.keys() <= {*NOTHING, "as"}, name
    for name, entry in read_elsewhere().items():
        assert entry["pytorch"] or entry["differs"], name
        for key, nothing in NOTHING.items():
            assert type(entry[key]) is type(nothing), (name, key)


def test_all_functions_that_carry_weights_are_named_and_no_others():
    named_here = {f for entry in read_elsewhere().values() for f in entry["carried_by"]}
    assert len(PORTING) > 25
    assert named_here == PORTING


@pytest.mark.parametrize("name, argument, value", stated_defaults("Keras"))
def test_a_default_is_that_of_keras(name, argument, value):
    parameters = inspect.signature(THINGS[name]).parameters
    assert str(parameters[argument].default) == value


def test_an_entry_can_be_as_another():
    conv, transposed = elsewhere_of("Conv3D"), elsewhere_of("Conv1DTranspose")
    assert conv["onnx"] == ["Conv"] and conv["tflite"] == ["CONV_3D"]
    assert conv["pytorch"] == ["torch.nn.Conv3d"]
    assert transposed["differs"] == elsewhere_of("Conv2DTranspose")["differs"]
    assert elsewhere_of("MaxPooling3D")["tflite"] == []
    assert elsewhere_of("Dens") is None
