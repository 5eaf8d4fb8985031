"""Cases of numbers of 16 bits and of TF32, and of loss scaling."""

import by_hand
import keras
import ml_dtypes
import numpy as np
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import as_tensor, function


def draw_values(draw):
    """Numbers of many sizes, and what lies between two numbers of fewer bits."""
    values = draw.normal(4, 6) * 10.0 ** draw.rng.integers(-6, 6, size=(4, 6))
    values.flat[:6] = 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 1 + 3 * 2**-11, 0, np.inf
    values.flat[6:10] = 1 + 2**-9, 1 + 3 * 2**-9, -1 - 2**-12, np.nan
    return values.astype("float32")


def cast_by_keras(dtype):
    def cast(values):
        return keras.ops.cast(keras.ops.cast(values, dtype), "float32")

    return cast


@function(cast_by_keras("float16"), by_hand.float16)
def float16(draw):
    return Case({}, (draw_values(draw),))


@function(cast_by_keras("bfloat16"), by_hand.bfloat16)
def bfloat16(draw):
    return Case({}, (draw_values(draw),))


def draw_bits(draw):
    """Finite numbers, some of which lie exactly between two of fewer bits."""
    bits = draw.rng.integers(2**31, size=(4, 6)) & 0x7F7FFFFF
    bits.flat[:8] = bits.flat[:8] & 0x7FFFE000 | 0x1000
    signs = draw.rng.choice([-1, 1], size=(4, 6))
    return (bits.astype("uint32").view("float32") * signs).astype("float32")


def round_to_10_bits(values):
    return by_hand.round_bits(values.astype("float64"), 10, -126)


@function(round_to_10_bits, by_hand.tf32)
def tf32(draw):
    return Case({}, (draw_bits(draw),))


def cut_by_powers(values, fraction_bits):
    step = np.ldexp(1.0, np.frexp(values.astype("float64"))[1] - 1 - fraction_bits)
    return np.trunc(values / step) * step


@function(cut_by_powers, by_hand.cut_off)
def cut_off(draw):
    values = draw_bits(draw)
    return Case({"fraction_bits": draw.one_of(7, 10, 3)}, (values,))


def read_by_ml_dtypes(raw):
    return raw.view(ml_dtypes.bfloat16).astype("float32")


@function(read_by_ml_dtypes, by_hand.from_bfloat16)
def from_bfloat16(draw):
    values = draw.normal(3, 4).astype("float32") * 10.0 ** draw.int(-5, 5)
    return Case({}, (values.astype(ml_dtypes.bfloat16).view("V2"),))


def dense_of_keras(x, kernel, bias, dtype="float16"):
    layer = keras.layers.Dense(len(bias), dtype=f"mixed_{dtype}")
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return keras.ops.cast(layer(x), "float32")


def dense_by_hand(x, kernel, bias, dtype="float16"):
    return by_hand.dense_16_bits(x, kernel, bias, getattr(by_hand, dtype))


@function(dense_of_keras, dense_by_hand, name="dense_16_bits")
def dense_16_bits(draw):
    """With one feature, or with small whole numbers, all processors round alike."""
    if draw.number % 2:
        x, kernel = draw.normal(4, 1), draw.normal(1, 3)
    else:
        x, kernel = draw.whole(4, 2), draw.whole(2, 3)
    inputs = x, kernel, draw.normal(3)
    inputs = tuple(array.astype("float32") for array in inputs)
    return Case(draw.some(dtype=["bfloat16"]), inputs)


def loss_scale_step_of_keras(
    weights,
    gradient,
    scale,
    finite_steps,
    learning_rate=0.01,
    dynamic_growth_steps=2000,
):
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(learning_rate), scale, dynamic_growth_steps
    )
    variable = keras.Variable(weights, dtype="float64")
    optimizer.build([variable])
    optimizer.step_counter.assign(finite_steps)
    optimizer.apply([as_tensor(gradient)])
    state = optimizer.dynamic_scale, optimizer.step_counter
    return [variable.value, *[np.float64(np.array(number)) for number in state]]


def loss_scale_step(weights, gradient, scale, finite_steps, **config):
    new, *state = by_hand.loss_scale_step(
        weights, gradient, scale, finite_steps, **config
    )
    return [new, *map(np.float64, state)]


@function(loss_scale_step_of_keras, loss_scale_step, tolerance=FLOAT32, number=24)
def one_loss_scale_step(draw):
    gradient = draw.normal(3, 4) * 1000
    gradient[0, 0] = draw.one_of(1, np.inf, 2, np.nan)
    config = {"scale": draw.one_of(2.0**10, 2.0**4)}
    config |= draw.some(learning_rate=[0.25, 0.5], dynamic_growth_steps=[3, 1, 5])
    growth = config.get("dynamic_growth_steps", 2000)
    config["finite_steps"] = max(0, growth - draw.one_of(1, 2, 9))
    return Case(config, (draw.normal(3, 4), gradient))
