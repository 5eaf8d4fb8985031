"""How many numbers a layer may make: what is reckoned before it computes is what it then
makes, and a model that is meant seriously is never refused."""

import by_hand
import numpy as np
import pytest
from hostile_files import input_layer, saved, sequential, write

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.limits import (
    ALWAYS,
    ESTIMATES,
    GROWTH,
    bounded,
    find_estimate,
    limited,
    numbers_in,
)
from keras_by_hand.models.operators import image, operator, signal

LINE, IMAGE = np.ones((2, 5, 3)), np.ones((2, 5, 7, 3))
VOLUME = np.ones((2, 5, 7, 4, 3))
FIRST = {"data_format": "channels_first"}
IMAGE_FIRST = np.ones((2, 3, 5, 7))
KERNEL, TRANSPOSED = np.ones((3, 3, 3, 6)), np.ones((3, 3, 2, 3))
TEXTS = np.array([["a b c"], ["b"]])
WORDS = {"vocabulary": ["a", "b", "c"]}


def by_rank(name, numbers, options, *channels):
    """Rows for functions of one, two and three axes of space, as many as there are
    numbers; channels: of kernels."""
    for rank, most in enumerate(numbers, 1):
        x = (LINE, IMAGE, VOLUME)[rank - 1]
        kernels = [np.ones((2,) * rank + last) for last in channels]
        yield getattr(by_hand, f"{name}{rank}d"), (x, *kernels), options, most


# A function, its arguments, and how many numbers it makes at the most: more than its
# result has where it pads or repeats its inputs first.
ROWS = [
    *by_rank("conv", (30, 210, 840), {}, (3, 2)),
    *by_rank("depthwise_conv", (30, 210), {}, (3, 1)),
    *by_rank("adaptive_average_pooling", (30, 210, 840), {"output_size": 2}),
    *by_rank("adaptive_max_pooling", (30, 210, 840), {"output_size": 2}),
    *by_rank("average_pooling", (30, 210, 840), {"pool_size": 2}),
    *by_rank("max_pooling", (30, 210, 840), {"pool_size": 2}),
    *by_rank("up_sampling", (60, 840, 6720), {"size": 2}),
    *by_rank("zero_padding", (42, 378, 2268), {"padding": 1}),
    *[(f, ([LINE, LINE[:, :1]],), {}, 2 * 30) for f in (by_hand.add, by_hand.subtract)],
    *[(f, ([LINE[0], LINE[1]],), {}, 30) for f in (by_hand.multiply, by_hand.average)],
    *[(f, ([LINE, LINE[:, 0]],), {}, 60) for f in (by_hand.maximum, by_hand.minimum)],
    (by_hand.concatenate, ([LINE, LINE],), {"axis": 1}, 60),
    (by_hand.dot, ([LINE, LINE],), {"axes": 2}, 50),
    (by_hand.dot, ([LINE, LINE[:, 0]],), {"axes": (2, 1)}, 10),
    (by_hand.conv2d, (IMAGE, KERNEL), {}, 210),
    (by_hand.conv2d, (IMAGE, KERNEL), {"padding": "same", "dilation_rate": 2}, 858),
    (by_hand.depthwise_conv2d, (IMAGE, KERNEL), {"padding": "same"}, 1260),
    (
        by_hand.separable_conv2d,
        (IMAGE, KERNEL, np.ones((1, 1, 18, 2))),
        {"padding": "same"},
        480,
    ),
    (by_hand.conv2d_transpose, (IMAGE, TRANSPOSED), {"strides": 2}, 884),
    (
        by_hand.conv2d_transpose,
        (IMAGE_FIRST, TRANSPOSED),
        {"strides": (3, 2), "output_padding": 1, **FIRST},
        4 * 19 * 18,
    ),
    (by_hand.conv2d_transpose, (IMAGE, TRANSPOSED), {"dilation_rate": 2}, 4 * 11 * 13),
    (by_hand.conv1d_transpose, (LINE, np.ones((2, 2, 3))), {}, 28),
    (by_hand.conv3d_transpose, (VOLUME, np.ones((2, 2, 2, 2, 3))), {}, 1512),
    (
        by_hand.separable_conv1d,
        (LINE, KERNEL[0, :2, :, :1], KERNEL[:1, 0, :, :2]),
        {},
        30,
    ),
    (by_hand.einsum_dense, (LINE, np.ones((3, 4))), {"equation": "abc,cd->abcd"}, 120),
    (by_hand.einsum_dense, (LINE, np.ones((3, 4))), {"equation": "...c,cd->...d"}, 40),
    (by_hand.adaptive_average_pooling1d, (LINE,), {"output_size": 9}, 54),
    (by_hand.adaptive_max_pooling2d, (IMAGE,), {"output_size": (9, 2)}, 378),
    (by_hand.average_pooling1d, (LINE,), {"pool_size": 2}, 30),
    (by_hand.max_pooling1d, (LINE,), {"pool_size": 4, "padding": "same"}, 54),
    (by_hand.category_encoding, ([[1, 2]],), {"num_tokens": 5}, 10),
    (by_hand.discretization, (LINE,), {"bin_boundaries": [1, 2]}, 30),
    (
        by_hand.discretization,
        (LINE[0, 0],),
        {"bin_boundaries": [1, 2], "output_mode": "one_hot"},
        9,
    ),
    (by_hand.resizing, (IMAGE,), {"height": 9, "width": 4}, 9 * 7 * 6 + 45 + 28),
    (
        by_hand.resizing,
        (IMAGE_FIRST,),
        {"height": 50, "width": 1, "pad_to_aspect_ratio": True, **FIRST},
        350 * 7 * 6 + 350 * 50 + 7,
    ),
    (by_hand.center_crop, (IMAGE,), {"height": 9, "width": 4}, 9 * 7 * 6 + 45 + 28),
    (by_hand.up_sampling1d, (LINE,), {"size": 4}, 120),
    (by_hand.up_sampling2d, (IMAGE,), {"size": (2, 3)}, 1260),
    (by_hand.up_sampling2d, (IMAGE,), {"size": 3}, 1890),
    (by_hand.repeat_vector, (LINE[0],), {"n": 4}, 60),
    (by_hand.zero_padding1d, (LINE,), {"padding": (1, 2)}, 48),
    (by_hand.zero_padding2d, (IMAGE_FIRST,), {"padding": [1, [2, 3]], **FIRST}, 504),
    (
        by_hand.integer_lookup,
        ([[1, 2]],),
        {"vocabulary": [2, 3], "num_oov_indices": 9},
        11,
    ),
    (by_hand.string_lookup, (TEXTS,), {**WORDS, "output_mode": "count"}, 11),
    (
        by_hand.string_lookup,
        (TEXTS,),
        {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True, **WORDS},
        19,
    ),
    (by_hand.text_vectorization, (TEXTS,), WORDS, 15),
    (by_hand.text_vectorization, (TEXTS,), {"output_sequence_length": 9, **WORDS}, 23),
    (by_hand.text_vectorization, (TEXTS,), {"ngrams": 2, **WORDS}, 47),
    (by_hand.text_vectorization, (TEXTS,), {"ngrams": (9,), **WORDS}, 271),
    (np.append, (LINE[0, 0], [1, 2]), {}, 5),
    (np.array_split, (LINE, 2), {}, 30),
    (np.array_split, (np.ones((0,)), 40), {}, 40),
    (np.concatenate, ([LINE, LINE],), {}, 60),
    (np.dot, (LINE[0], LINE[0].T), {}, 25),
    (np.dot, (LINE[0, 0], LINE[0, 0]), {}, 1),
    (np.hstack, ([LINE, LINE],), {}, 60),
    (np.linspace, (LINE[0, 0], 3, 5), {}, 15),
    (np.matmul, (LINE, LINE[0].T), {}, 50),
    (np.matmul, (LINE, LINE[:, 0, :, None]), {}, 10),
    (np.matmul, (LINE[0, 0], LINE[0].T), {}, 5),
    (np.matmul, (LINE, LINE[0, 0]), {}, 10),
    (np.outer, (LINE[0], LINE[0]), {}, 225),
    (np.pad, (LINE[0], [[0, 2], [1, 1]]), {}, 35),
    (np.repeat, (LINE, 3), {"axis": 1}, 90),
    (np.repeat, (LINE[0, 0], [1, 2, 0]), {}, 6),
    (np.split, (LINE, 2), {}, 30),
    (np.stack, ([LINE, LINE],), {}, 60),
    (np.vstack, ([LINE, LINE],), {}, 60),
    (np.add, (LINE, np.ones((4, 1, 1, 1))), {}, 120),
    (operator.einsum, (LINE, LINE), {"subscripts": "abc,dbc->ad"}, 4),
    (operator.einsum, (LINE, LINE), {"subscripts": "...c, dec"}, 10 * 3 * 10),
    (operator.image_resize, (IMAGE, (9, 4)), {}, 9 * 7 * 6 + 45 + 28),
    (operator.max_pool, (LINE, 4), {"padding": "same"}, 54),
    (operator.multi_hot, (np.ones((2, 3), int), 5), {}, 30),
    (operator.one_hot, (np.ones((2, 3), int), 5), {}, 30),
    (operator.tile, (LINE, (2, 1, 3)), {}, 180),
]


def name_of(value):
    return getattr(value, "__name__", "")


def test_each_estimate_has_a_row():
    assert {id(row[0]) for row in ROWS} >= set(map(id, ESTIMATES))


@pytest.mark.parametrize(("function", "args", "keywords", "numbers"), ROWS, ids=name_of)
def test_what_a_function_makes_is_known_before(
    monkeypatch, function, args, keywords, numbers
):
    call = bounded(function)
    monkeypatch.setattr("keras_by_hand.models.limits.GROWTH", 1)
    monkeypatch.setattr("keras_by_hand.models.limits.ALWAYS", 0)
    with limited(numbers):
        assert numbers_in(call(*args, **keywords)) <= numbers
    with limited(numbers - 1), pytest.raises(CannotRun, match="it would make"):
        call(*args, **keywords)


HUGE = 10**9
GREEDY = [  # these ask for themselves
    (image.pad_images, (IMAGE, HUGE, 0, 0, 0)),
    (image.extract_patches, (np.ones((1, 99, 99, 9)), 50, 1)),
    (signal.rfft, (LINE, HUGE)),
    (signal.irfft, ((LINE, LINE), HUGE)),
    (signal.stft, (LINE, HUGE, 1, 4)),
    (signal.stft, (LINE, 4, 1, HUGE)),
    (signal.stft, (np.ones((9, 99_999)), 4, 1, 2000)),
    (signal.segment_sum, (LINE[0], np.array([0, 1, 0]), HUGE)),
    (signal.bincount, (np.array([1, HUGE]),)),
]


@pytest.mark.parametrize(("function", "args"), GREEDY, ids=name_of)
def test_operators_do_not_make_what_is_too_much(function, args):
    with limited(1), pytest.raises(CannotRun, match="it would make"):
        function(*args)


def test_operators_are_known_behind_what_sees_to_their_dtypes():
    of_numpy = operator.OPERATORS["keras.src.ops.numpy"]
    for name in ("repeat", "add", "matmul", "linspace", "concatenate"):
        function = of_numpy[name]
        assert find_estimate(function) is find_estimate(getattr(np, name)) is not None


def test_small_models_make_what_they_like():
    repeat = bounded(by_hand.repeat_vector)
    with limited(1), pytest.raises(CannotRun):
        repeat(np.ones((1, 4)), n=ALWAYS // 4 + 1)
    with limited(1):
        assert repeat(np.ones((1, 4)), n=ALWAYS // 4).size == ALWAYS
    assert repeat(np.ones((1, 4)), n=ALWAYS // 4 + 1).size > ALWAYS  # by itself


def test_inputs_and_weights_let_a_model_make_more(tmp_path):
    numbers = 2 * ALWAYS // GROWTH
    repeat = saved("RepeatVector", n=GROWTH)
    write(tmp_path, sequential(input_layer(numbers), repeat))
    model = by_hand.load_model(tmp_path / "model.keras")
    assert model.predict(np.ones((1, numbers), "float32")).size == 2 * ALWAYS
    write(tmp_path, sequential(input_layer(1), saved("RepeatVector", n=2 * ALWAYS)))
    model = by_hand.load_model(tmp_path / "model.keras")
    with pytest.raises(CannotRun, match="it would make 16,777,216 numbers"):
        model.predict(np.ones((1, 1), "float32"))
    model.weights = {"layers": {"dense": {"vars": [np.ones(numbers, "float32")]}}}
    assert model.predict(np.ones((1, 1), "float32")).size == 2 * ALWAYS


def test_what_is_made_in_a_wrapper_is_bounded_too(tmp_path):
    inner = saved("RepeatVector", "inner", n=10**8)
    write(
        tmp_path, sequential(input_layer(2, 4), saved("TimeDistributed", layer=inner))
    )
    model = by_hand.load_model(tmp_path / "model.keras")
    with pytest.raises(CannotRun, match="it would make"):
        model.predict(np.ones((1, 2, 4), "float32"))
