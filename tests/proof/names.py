"""What there is to cover: the names of Keras itself, and what each can be told."""

import functools
import inspect

import keras

MODULES = {  # by the title of its table
    "Layers": keras.layers,
    "Activations": keras.activations,
    "Losses": keras.losses,
    "Metrics": keras.metrics,
    "Optimizers": keras.optimizers,
    "Initializers": keras.initializers,
    "Regularizers": keras.regularizers,
    "Constraints": keras.constraints,
}
TOOLS = {"get", "serialize", "deserialize"}  # they find and save the others

# Families and classes of which every argument, method and property must be covered.
WHOLE = {"Dense", "Activations"}


def arguments(thing):
    """The names of the arguments of a class or function, those of its bases included."""
    if not inspect.isclass(thing):
        callables = [thing]
    else:
        callables = [
            vars(cls)["__init__"] for cls in thing.__mro__ if "__init__" in vars(cls)
        ]
    taken = {}
    for function in callables:
        if getattr(function, "__module__", "").startswith("keras"):
            taken.update(inspect.signature(function).parameters)
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    skipped = {"self", "x"} if not inspect.isclass(thing) else {"self"}
    return [
        name
        for name, parameter in taken.items()
        if name not in skipped and parameter.kind not in kinds
    ]


def methods(thing):
    """The public methods and properties that a class defines itself."""
    return [name for name in vars(thing) if not name.startswith("_")]


@functools.cache
def named():
    """Return {title: {name: what Keras calls so}}, without aliases in another case."""
    found = {}
    for title, module in MODULES.items():
        found[title] = {
            name: thing
            for name, thing in sorted(vars(module).items())
            if name not in TOOLS
            and not name.startswith("_")
            and (
                inspect.isfunction(thing)
                if title == "Activations"
                else is_class(thing, name)
            )
        }
    return found


def is_class(thing, name):
    return inspect.isclass(thing) and thing.__name__ == name


def find(covers):
    """Return what a fault covers, as (object, name of a part or None).

    Raises ValueError where Keras has no such name.
    """
    name, _, part = covers.partition(".")
    places = [*named().values(), vars(keras), vars(keras.random), vars(keras.utils)]
    places += [vars(keras.models), vars(keras.quantizers), vars(keras.optimizers)]
    owner = next((place[name] for place in places if name in place), None)
    if owner is None:
        raise ValueError(f"{covers}: Keras has no {name}")
    if part and part not in arguments(owner) and not hasattr(owner, part):
        raise ValueError(f"{covers}: {name} has neither argument nor method {part}")
    return owner, part or None


def table():
    """Return what there is to cover: {title: {name: [its arguments]}}."""
    return {
        title: {name: arguments(thing) for name, thing in things.items()}
        for title, things in named().items()
    }
