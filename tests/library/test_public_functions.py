"""What each public function of the library says of itself: its types, its errors, and an
example that is run."""

import builtins
import doctest
import importlib
import inspect

import by_hand
import mypy.api
import pytest

import keras_by_hand
from gallery.package import PACKAGE, find_functions, find_modules_of_functions
from gallery.paring import TAKE_IN

FUNCTIONS = {
    name: thing
    for name in find_functions()
    if inspect.isfunction(thing := getattr(by_hand, name))
}


# What takes arguments in refuses them in other functions' names, which tell of it.
OF_USERS = [name for name in FUNCTIONS if find_functions()[name].file not in TAKE_IN]


def for_each(names):
    return pytest.mark.parametrize("name", names)


@for_each(FUNCTIONS)
def test_it_has_its_own_name_and_its_types(name):
    function = FUNCTIONS[name]
    assert function.__name__ == name
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    assert [p.name for p in parameters if p.annotation is p.empty] == []
    assert signature.return_annotation is not signature.empty


@for_each(OF_USERS)
def test_it_tells_its_errors_and_shows_an_example(name):
    parts = inspect.getdoc(FUNCTIONS[name]).split("\n\n")
    assert any(part.startswith("Raises ") for part in parts), "no paragraph Raises"
    assert parts[-1].startswith(">>> "), "no example at its end"


@pytest.mark.parametrize(
    "module",
    [
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        for file in find_modules_of_functions()
    ],
)
def test_examples_are_true(module):
    outcome = doctest.testmod(importlib.import_module(module))
    vars(builtins).pop("_", None)  # where examples leave what they show
    assert outcome.failed == 0


OF_MODELS = "load_model build_model Model EarlyStopping compare Comparison gradient"


@for_each(OF_MODELS.split())
def test_what_runs_models_shows_an_example(name):
    """They run in tests/library/test_package.py, beside the files that they name."""
    assert ">>> " in inspect.getdoc(getattr(keras_by_hand, name))


def test_the_type_checker_is_content():
    """With the library, and with the calls of users in calls_with_types.py."""
    said, errors, status = mypy.api.run([])
    assert (status, errors) == (0, ""), said
