"""What Keras has, by its own names."""

import ast
import functools
import inspect
import textwrap

import keras

MODULES = {  # by the title of its table
    "Layers": keras.layers,
    "Activations": keras.activations,
    "Losses": keras.losses,
    "Metrics": keras.metrics,
    "Optimizers": keras.optimizers,
    "Schedules": keras.optimizers.schedules,
    "Initializers": keras.initializers,
    "Regularizers": keras.regularizers,
    "Constraints": keras.constraints,
}
TOOLS = {"get", "serialize", "deserialize"}  # they find and save the others


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


def accepted(thing):
    """The names of the arguments that a call of a class or function may have: also those
    that a class hands on to its bases, but not those that it sets for them."""
    if not inspect.isclass(thing):
        return arguments(thing)
    found, told = [], set()
    places = 0  # of a base's arguments that are told in their order
    for init in own_inits(thing):
        parameters = list(inspect.signature(init).parameters.values())[1:]
        names = [
            parameter.name
            for parameter in parameters
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        told.update(names[:places])
        found += [name for name in names if name not in told]
        if parameters and parameters[-1].kind is not inspect.Parameter.VAR_KEYWORD:
            break
        places, keywords = told_to_base(init)
        told |= {*names, *keywords}
    return found


def own_inits(thing):
    """The constructors of a class and of its bases in Keras, in their order."""
    return [
        vars(cls)["__init__"]
        for cls in thing.__mro__
        if "__init__" in vars(cls) and cls.__module__.startswith("keras")
    ]


def told_to_base(init):
    """How many arguments a constructor hands to its base in their order, and which by
    their names."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(init)))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            return len(node.args), {keyword.arg for keyword in node.keywords} - {None}
    return 0, set()


def required(thing):
    """The names of the arguments that a class or function must be given."""
    return [
        name
        for name, parameter in inspect.signature(thing).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


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
                else is_class(thing, name, module)
            )
        }
    return found


def is_class(thing, name, module):
    """Whether it is a class, under its own name unless Keras has it under another only."""
    return inspect.isclass(thing) and (
        thing.__name__ == name or not hasattr(module, thing.__name__)
    )
