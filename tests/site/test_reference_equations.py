"""The reference's equations, run as they are written, and compared with the library, which
is proved against Keras: with default arguments, and with each argument that their letters
name changed.
"""

import ast
import functools
import inspect
import itertools
import math
import operator
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

import keras_by_hand as by_hand
from gallery.functions import find_things, name_alone
from gallery.latex import latex_of
from gallery.reference_words import read_equations
from keras_by_hand import random
from keras_by_hand.layers.normalization import moving_average
from keras_by_hand.metrics import curves, f_scores, overlap

LETTER = re.compile(r":math:`([^`]+)` is ``(\w+)``")
TOLERANCE = 1e-5  # Keras adds 1e-7 to norms
EQUATIONS = {n: e for e in read_equations() for n in e["names"] if "python" in e}
INPUTS = {"inputs", "key", "query", "value", "x"}  # which layers take in batches
FUNCTIONS = {name_alone(*thing): of for thing, of in find_things().items()}
DRAW = np.random.default_rng(36)
KNOWN = """
    abs argmax ceil cos cosh dot log maximum minimum pi sign sqrt tanh var where
""".split()
KNOWN = {name: getattr(np, name) for name in KNOWN} | {
    "e": math.e,
    "erf": np.vectorize(math.erf),
    "max": lambda parts: np.max(list(parts), axis=0),
    "mean": lambda parts: np.mean(list(parts)),
    "min": lambda parts: np.min(list(parts), axis=0),
    "multiply": lambda *factors: functools.reduce(np.multiply, factors),
    "norm": np.linalg.norm,
    "sigma": by_hand.sigmoid,
    "softmax": by_hand.softmax,
    "split": lambda x, parts: np.split(x, parts, axis=-1),
    "sum": sum,
}


class Array(np.ndarray):
    """An index may be a place in space, which compares as others do if all axes do."""

    def __getitem__(self, index):
        return super().__getitem__(flat(index))

    def __setitem__(self, index, value):
        super().__setitem__(flat(index), value)

    def __bool__(self):
        return bool(np.asarray(self).all())


def flat(index):
    if not isinstance(index, tuple):
        return index
    return tuple(operator.index(part) for place in index for part in np.ravel(place))


def places(shape):
    return [np.array(place).view(Array) for place in np.ndindex(shape)]


def normal(*shape):
    return DRAW.normal(size=shape)


# -- What functions of the library are told

CASES = {}


def case(names, told=(), wanted=None, **arguments):
    """Say what the functions for these names of Keras are told, or those of a module:
    arguments, of which each takes those that it knows. told: what else their equations are
    told, by their letters, or what an index runs through, where no array tells; wanted: a
    function of what the library returns, which makes {letter: what the equation gives}.
    """
    CASES.update(dict.fromkeys(names.split(), (arguments, dict(told), wanted)))


def tell_functions():
    x = np.arange(-32, 33) / 4
    case("activations", x=x)
    case("threshold", x=x, threshold=0.25, default_value=-2.0)
    case("softmax log_softmax glu", x=normal(6))
    case("L1 L2 L1L2", w=normal(6))
    case("OrthogonalRegularizer", {"n": 3}, w=normal(3, 4))
    letters = {"norm": functools.partial(np.linalg.norm, axis=0)}
    w = normal(3, 4) * [0.05, 0.4, 1, 5]
    case("MaxNorm MinMaxNorm NonNeg UnitNorm", letters, w=w)


def tell_losses():
    y, p = np.linspace(-2, 2, 20), DRAW.uniform(size=20)
    case("losses", {"n": 20}, y_true=y, y_pred=p)
    of_probabilities = """
        BinaryCrossentropy CategoricalCrossentropy BinaryFocalCrossentropy
        CategoricalFocalCrossentropy Dice KLDivergence MeanSquaredLogarithmicError Tversky
    """
    case(of_probabilities, {"n": 20}, y_true=p[::-1], y_pred=p)
    case("Hinge SquaredHinge", {"n": 20}, y_true=np.sign(y), y_pred=2 * p)
    case("SparseCategoricalCrossentropy", y_true=np.array(3), y_pred=p)
    of_first = {"wanted": lambda losses: {"L": losses[0]}}
    options = {"y_true": np.array([3]), "y_pred": p[None], "q": 0.5}
    case("CategoricalGeneralizedCrossEntropy", {"c": 3, "p": p}, **options, **of_first)
    x = normal(6, 3)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    letters = {"d": 1 - x @ x[0], "j": [1, 2], "k": [3, 4, 5]}
    options = {"y_true": np.array([7, 7, 7, 8, 8, 9]), "y_pred": x}
    case("Circle", letters, **options, gamma=2.0, margin=0.25, **of_first)


def tell_metrics():
    y, p, w = np.linspace(0.1, 2, 20), DRAW.uniform(0.1, size=20), DRAW.uniform(size=20)
    case("Mean Sum RootMeanSquaredError", values=y, y_true=y, y_pred=p, sample_weight=w)
    case("PearsonCorrelation ConcordanceCorrelation", y_true=y, y_pred=p)
    columns = {"y_true": y[:, None], "y_pred": p[:, None]}
    case("R2Score", {"y": y, "p": p}, **columns, sample_weight=w)
    y_true, y_pred = DRAW.uniform(size=(2, 4, 3))
    options = {"y_true": y_true, "y_pred": y_pred, "sample_weight": w[:4]}
    case("metrics.CosineSimilarity", **options)
    for name in EQUATIONS["metrics.Hinge"]["names"]:  # all that are means of a loss
        loss = FUNCTIONS[name].removesuffix("_metric").replace("cosh_error", "cosh")
        labels = np.array([0, 2, 1, 2]) if "Sparse" in name else y_true
        losses = getattr(by_hand, loss)(labels, y_pred)
        case(name, {"L": losses}, **options | {"y_true": labels})
    tell_accuracies(w)
    tell_counts(w)


def tell_accuracies(w):
    is_true = np.arange(20) % 2
    numbers = {"y_true": is_true, "sample_weight": w}
    case("Accuracy", y_pred=np.arange(20) % 3 % 2, **numbers)
    case("BinaryAccuracy", y_pred=DRAW.uniform(size=20), **numbers)
    classes = DRAW.integers(5, size=20)
    scores = {"y_pred": normal(20, 5), "sample_weight": w, "k": 2}
    case(
        "CategoricalAccuracy TopKCategoricalAccuracy",
        y_true=np.eye(5)[classes],
        **scores,
    )
    sparse = "SparseCategoricalAccuracy SparseTopKCategoricalAccuracy"
    case(sparse, y_true=classes, **scores)


def tell_counts(w):
    y = np.arange(20) % 2
    p = (0.4 * y + DRAW.uniform(size=20)) / 1.4  # some false ones above true ones
    options = {"y_true": y, "y_pred": p, "sample_weight": w}
    counts = (
        "TruePositives FalsePositives TrueNegatives FalseNegatives Precision Recall"
    )
    case(counts, thresholds=0.6, **options)
    letters = dict(zip("TFUN", curves.auc_state(**options).values()))
    case("AUC", letters | {"s": range(199)}, **options)
    letters = dict(zip("TFUN", curves.confusion_state(**options).values()))
    has_positives = letters["T"] + letters["F"] > 0
    letters = {name: counts[has_positives] for name, counts in letters.items()}
    rates = dict.fromkeys(["sensitivity", "specificity", "recall", "precision"], 0.7)
    names = "SensitivityAtSpecificity SpecificityAtSensitivity"
    case(f"{names} PrecisionAtRecall RecallAtPrecision", letters, **options, **rates)
    y = np.eye(3)[np.arange(30) % 3]
    options = {"y_true": y, "y_pred": y + normal(30, 3)}
    letters = dict(zip("TFN", f_scores.fbeta_state(**options).values()))
    case("FBetaScore F1Score", letters, **options)
    tell_overlaps()


def tell_overlaps():
    y_true, y_pred = DRAW.integers(3, size=(2, 30))
    options = {"num_classes": 3, "target_class_ids": [0, 2]}
    labels = {"y_true": y_true, "y_pred": y_pred}
    [matrix] = overlap.iou_state(**labels, num_classes=3).values()
    letters = {"C": matrix, "j": range(3)}
    case("IoU", letters | {"c": [0, 2]}, **labels, **options)
    case("MeanIoU", letters | {"c": range(3)}, **labels, **options)
    one_hot = {name: np.eye(3)[classes] for name, classes in labels.items()}
    case("OneHotIoU", letters | {"c": [0, 2]}, **one_hot, **options)
    case("OneHotMeanIoU", letters | {"c": range(3)}, **one_hot, **options)
    y_true, y_pred = DRAW.uniform(size=(2, 30)) > 0.5
    [matrix] = overlap.iou_state(y_true, y_pred, num_classes=2).values()
    letters = {"C": matrix, "j": range(2), "c": range(2)}
    case("BinaryIoU", letters, y_true=y_true, y_pred=y_pred)


def tell_schedules():
    rates = {"initial_learning_rate": 0.5, "decay_rate": 0.75, "alpha": 0.125}
    warmup = {"warmup_target": 2.0, "warmup_steps": 3}  # a step more is in it
    case("schedules", step=3, decay_steps=5.0, **rates, **warmup)
    restarts = {"first_decay_steps": 1.85, "m_mul": 0.5}
    case("CosineDecayRestarts", {"k": 2, "i": [0, 1]}, step=6, **rates, **restarts)
    pieces = {"boundaries": np.array([1, 2, 6]), "values": np.array([8, 4, 2, 1])}
    case("PiecewiseConstantDecay", step=3, **pieces)


def tell_initializers():
    z = normal(5, 3)
    case("VarianceScaling", {"z": z, "n": 5}, draw=z)
    told = {"shape": (5, 3), "seed": 313}
    uniform = random.draw_uniform((5, 3), -1.0, seed=313)
    case("GlorotUniform HeUniform LecunUniform", {"z": uniform, "m": 5, "n": 3}, **told)
    normals = random.draw_truncated_normal((5, 3), seed=313)
    case("GlorotNormal HeNormal LecunNormal", {"z": normals, "m": 5, "n": 3}, **told)
    case("RandomUniform", {"u": random.draw_uniform(**told)}, **told)
    case("RandomNormal", {"z": random.draw_normal(**told)}, **told)
    case("TruncatedNormal", {"z": normals}, **told)
    letters = {"n": 6, "f": 4, "j": range(6)}
    case("STFT", letters, lambda w: {"W": w[:, 0]}, shape=(6, 1, 4))


def tell_optimizers():
    w, g, m, v = normal(4, 3) ** 2
    letters = {name: {2: m} for name in "amz"} | {name: {2: v} for name in "duv"}
    letters |= {"t": [3], "g": {3: g}, "w": {2: w}, "p": {2: 0.25}}
    moments = {"momentum": m, "velocity": v}
    options = {"gradient": g, "t": 3, "momentum": 0.25}
    for names, slots in {
        "SGD": {"momentum": v},
        "RMSprop": {"velocity": v, "momentum": m},
        "Adam AdamW Lamb": moments,
        "ScheduleFreeAdamW": moments,
        "Nadam": moments | {"u_product": np.array(0.25)},
        "Adamax": {"momentum": m, "norm": v},
        "Lion": {"momentum": m},
        "Adagrad": {"accumulator": m},
        "Adadelta": {"accumulated_grad": m, "accumulated_delta_var": v},
        "Ftrl": {"accumulator": m, "linear": m},
    }.items():
        case(names, letters, lambda y: {"w": y[:1]}, w=w, slots=slots, **options)


def tell_layers_of_vectors():
    x = np.array([[-1.5, -0.5, 0.75, 2]])
    kernel, bias, scale = normal(4, 3), normal(3), normal(4)
    case("Activation Identity Softmax", {"x": x[0]}, inputs=x, activation=np.tanh)
    case("ELU LeakyReLU ReLU UnitNormalization", x=x)
    case("PReLU RMSNormalization Rescaling", x=x, alpha=scale, scale=scale)
    case("LayerNormalization", x=x, gamma=scale, beta=x[0])
    case("Normalization", x=x, mean=scale, variance=scale**2)
    case("Dense", x=x, kernel=kernel, bias=bias)
    case("EinsumDense", {"einsum": np.dot}, x=x, kernel=kernel, equation="ab,bc->ac")
    case("Embedding", x=np.array([2]), embeddings=kernel)
    z = by_hand.reversible_embedding(bias[None], kernel, reverse=True)[0]
    both = {"x": np.array([2]), "embeddings": kernel}
    case("ReversibleEmbedding", {"h": bias}, lambda y: {"y": y[0], "z": z}, **both)
    u, v = normal(3, 4), normal(2, 4)
    case("Dot", {"u": u, "v": v}, inputs=[u[None], v[None]], axes=2)
    letters = {"x": v, "n": 2, "x_1": v[0], "x_2": v[1]}
    case("Add Average Maximum Minimum Subtract", letters, inputs=list(v[:, None]))
    case("Multiply", dict(zip(["x_1", "x_2", "x_3"], u)), inputs=list(u[:, None]))
    case("ActivityRegularization", {"x": u.ravel(), "n": 3}, lambda y: {"L": y}, x=u)
    both = {"kernel": kernel, "vector_u": bias[None]}
    case(
        "SpectralNormalization", (), lambda y: dict(zip(("W_new", "u_new"), y)), **both
    )
    letters = {"x": u[:, 2:], "gamma": scale[2:], "beta": x[0, 2:]}
    weights = {"gamma": scale, "beta": x[0]}
    of_group = {"wanted": lambda y: {"y": y[0, :, 2:]}, "groups": 2}
    case("GroupNormalization", letters, x=u[None], **weights, **of_group)
    mean, var = (functools.partial(of, axis=0) for of in (np.mean, np.var))
    moved = moving_average(v[0], mean(u), 0.75), moving_average(v[1] ** 2, var(u), 0.75)
    weights |= {"moving_mean": v[0], "moving_variance": v[1] ** 2}
    weights["wanted"] = lambda y: {"y": y, "mu_new": moved[0], "v_new": moved[1]}
    letters = {"x": u, "m": 0.75, "mean": mean, "var": var}
    case("BatchNormalization", letters, x=u, **weights)
    drawn = {"z": x, "kept": x > 0, "rate": 0.3, "stddev": 0.3}
    letters = {"r": x[0] > 0, "z": x[0]}
    case("Dropout AlphaDropout GaussianDropout GaussianNoise", letters, x=x, **drawn)


def tell_attention():
    shapes = {"query": (3, 4), "value": (5, 2), "key": (5, 4)}
    inputs = {name: normal(1, *shape) for name, shape in shapes.items()}
    case("Attention", **inputs)
    letters = {"w": normal(4), "S": np.zeros((3, 5))}
    case("AdditiveAttention", letters, **inputs, weights=[letters["w"]])
    for name, groups in ("MultiHeadAttention", 4), ("GroupQueryAttention", 2):
        letters, weights = {"d": 3, "r": 4 // groups}, []
        for letter, features, number in ("Q", 4, 4), ("K", 4, groups), ("V", 2, groups):
            weights += [normal(features, number, 3), normal(number, 3)]
            letters[f"W_{letter}"] = np.moveaxis(weights[-2], 1, 0)
            letters[f"b_{letter}"] = weights[-1]
        letters |= {"W_O": normal(4, 3, 4), "b_O": normal(4)}
        weights += [letters["W_O"], letters["b_O"]]
        case(name, letters, **inputs, weights=weights)


def tell_layers_of_steps():
    for name, gates in ("SimpleRNN", 1), ("LSTM", 4), ("GRU", 3):
        size, x, h, c = 2 * gates, normal(1, 4), normal(1, 2), normal(1, 2)
        weights = {"kernel": normal(4, size), "recurrent_kernel": normal(2, size)}
        weights["bias"] = normal(2, size) if gates == 3 else normal(size)
        letters = {"h": {-1: np.zeros(2)}, "c": {-1: np.zeros(2)}}
        case(name, letters, **weights, x=normal(1, 3, 4), return_sequences=True)
        letters = {"x": x, "h": {-1: h[0]}, "c": {-1: c[0]}}
        states = [h, c] if gates == 4 else [h]
        case(f"{name}Cell", letters, **weights, x=x, states=states)
    case("TimeDistributed", {"y": {}}, layer=np.tanh, x=normal(1, 3, 4))


def tell_layers_of_images(rank):
    space, window, size = (4, 3, 3)[:rank], (2, 2, 1)[:rank], (3, 2, 2)[:rank]
    x, kernel, bias = normal(1, *space, 2), normal(*window, 2, 3), normal(3)
    depthwise, pointwise = normal(*window, 2, 2), normal(*[1] * rank, 4, 3)
    case(f"Conv{rank}D", x=x, kernel=kernel, bias=bias)
    kernel = np.swapaxes(kernel, -1, -2)
    case(f"Conv{rank}DTranspose", x=x, kernel=kernel, bias=bias)
    case(f"DepthwiseConv{rank}D", {"M": 2}, x=x, kernel=depthwise, bias=normal(4))
    kernels = {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise}
    letters = {"M": 2, "P": pointwise.reshape(4, 3)}
    case(f"SeparableConv{rank}D", letters, x=x, **kernels, bias=bias)
    letters = {"s": np.array(window), "k": places(window)}
    case(f"MaxPooling{rank}D AveragePooling{rank}D", letters, x=x, pool_size=window)
    letters = {"n": np.array(space), "m": np.array(size)}
    pooling = f"AdaptiveMaxPooling{rank}D AdaptiveAveragePooling{rank}D"
    case(pooling, letters, x=x, output_size=size)
    case(f"GlobalMaxPooling{rank}D GlobalAveragePooling{rank}D UpSampling{rank}D", x=x)
    r = np.array([False, True])
    case(f"SpatialDropout{rank}D", {"r": r}, x=x, kept=r[None], rate=0.3)
    convolve = functools.partial(getattr(by_hand, f"conv{rank}d"), padding="same")
    letters = {letter: {-1: np.zeros((*space, 2))} for letter in "hc"}
    letters["conv"] = lambda x, kernel: convolve(x[None], kernel)[0]
    kernels = normal(2, *window, 2, 8)
    weights = {"kernel": kernels[0], "recurrent_kernel": kernels[1], "bias": normal(8)}
    options = {"padding": "same", "return_sequences": True}
    case(f"ConvLSTM{rank}D", letters, x=normal(1, 2, *space, 2), **weights, **options)


tell_functions()
tell_losses()
tell_metrics()
tell_optimizers()
tell_schedules()
tell_initializers()
tell_layers_of_vectors()
tell_attention()
tell_layers_of_steps()
for rank in (1, 2, 3):
    tell_layers_of_images(rank)


# -- Tests


def tree_of(name):
    return ast.parse(EQUATIONS[name]["python"])


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def parts_of(index):
    return index.elts if isinstance(index, ast.Tuple) else [index]


def root(target):
    """The letter that is set, without its indices."""
    return root(target.value) if isinstance(target, ast.Subscript) else target.id


def loops_in(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.For | ast.comprehension)]


def values_of_indices(tree, scope):
    """Return {index: its values}: all that the axis of an array has where it stands; the
    first of several indices is a place in space."""
    values = {}
    for node in ast.walk(tree):
        array = scope.get(root(node)) if isinstance(node, ast.Subscript) else None
        if isinstance(array, np.ndarray):
            sizes, indices = array.shape, parts_of(node.slice)
            axes = len(sizes) - len(indices) + 1 if len(indices) > 1 else 1
            first = places(sizes[:axes]) if axes > 1 else range(sizes[0])
            for index, of_index in zip(indices, [first, *map(range, sizes[axes:])]):
                if isinstance(index, ast.Name):
                    values.setdefault(index.id, of_index)
    return values


def loops(tree, values):
    """Return {what a loop runs through: all values of its index, or of its indices}."""
    found = {}
    for loop in loops_in(tree):
        through = [values[index.id] for index in parts_of(loop.target)]
        several = isinstance(loop.target, ast.Tuple)
        found[loop.iter.id] = [*itertools.product(*through)] if several else through[0]
    return found


def told_to(name):
    """Return the function for a name of Keras, its arguments, and the rest of its case."""
    function = getattr(by_hand, FUNCTIONS[name])
    module = function.__module__.rpartition(".")[2]
    given, *others = CASES.get(name) or CASES[module]
    parameters = inspect.signature(function).parameters
    told = {w: given.get(w, parameters[w].default) for w in parameters}
    told = {
        w: value for w, value in told.items() if value is not inspect.Parameter.empty
    }
    return function, told, *others


def letters_of(name):
    """Return {a letter, as NumPy has it: the argument that it is}."""
    names = {latex_of(letter): letter for letter in names_in(tree_of(name))}
    found = LETTER.findall(EQUATIONS[name]["letters"])
    return {names[letter]: word for letter, word in found if letter in names}


def changes():
    """Pairs of a name and of another value for an argument that its letters name."""
    other = {int: lambda value: value + 1, float: lambda value: value / 2 + 0.2}
    for name in [name for name in EQUATIONS if name != "Orthogonal"]:
        yield pytest.param(name, {}, id=name)
        arguments = told_to(name)[1]
        for word in letters_of(name).values():
            if type(value := arguments.get(word)) in other:
                changed = {word: other[type(value)](value)}
                yield pytest.param(name, changed, id=f"{name}-{word}")


def set_in(tree):
    """The places that are set, in their order."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    return [node.targets[0] for node in sorted(names, key=lambda node: node.lineno)]


@pytest.mark.parametrize("name, given", list(changes()))
def test_an_equation_computes_what_the_library_does(name, given):
    function, arguments, letters, wanted = told_to(name)
    told = arguments | given
    bound = inspect.signature(function).bind_partial()
    bound.arguments.update(told)
    result = function(*bound.args, **bound.kwargs)
    if ".layers." in function.__module__:  # of batches, of which one sample is told
        told |= {word: told[word][0] for word in INPUTS & told.keys()}
        result = result if wanted else result[0]
    tree = tree_of(name)
    written = set_in(tree)
    wanted = wanted(result) if wanted else {root(written[-1]): result}
    told |= {a: told[b] for a, b in letters_of(name).items() if b in told}
    told |= {root(place): {} for place in written if isinstance(place, ast.Subscript)}
    told |= {a: np.zeros_like(y) for a, y in wanted.items() if np.ndim(y)} | letters
    told |= {a: b.view(Array) for a, b in told.items() if isinstance(b, np.ndarray)}
    told |= KNOWN | told | loops(tree, values_of_indices(tree, told) | letters)
    exec(EQUATIONS[name]["python"], told)
    for letter, value in wanted.items():
        found = told[letter]
        if isinstance(found, dict):
            found = [found[step] for step in told["steps"]]
        assert_allclose(found, value, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("gain", [1, 0.7])
def test_the_equation_of_orthogonal_holds(gain):
    w = by_hand.orthogonal(normal(5, 3), gain)
    scope = {"W": w, "g": gain, "I": np.eye(3)}
    left, right = EQUATIONS["Orthogonal"]["python"].split("==")
    assert_allclose(eval(left, scope), eval(right, scope), atol=TOLERANCE)


@pytest.mark.parametrize("name", EQUATIONS)
def test_each_letter_is_told(name):
    """But for an input x, a weight w, and functions by their names."""
    tree, letters = tree_of(name), EQUATIONS[name]["letters"]
    found = names_in(tree) - KNOWN.keys() - {"conv", "einsum", "w", "x"}
    for place in [each for loop in loops_in(tree) for each in (loop.target, loop.iter)]:
        found -= names_in(place)
    for letter in found.difference(*map(names_in, set_in(tree))):
        sign, _, _ = latex_of(letter).partition("^")
        assert re.search(rf"(?<!\w){re.escape(sign)}(?![^\W_])", letters), letter


def test_what_is_not_run_is_read_by_people():
    """What sparsemax counts, paths of labels, what a cell is, and in which order two layers
    read."""
    names = {name for equation in read_equations() for name in equation["names"]}
    assert names - EQUATIONS.keys() == {"sparsemax", "CTC", "RNN", "Bidirectional"}
