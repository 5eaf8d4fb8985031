"""Cases of layers that call another layer."""

import by_hand
import keras
from library.cases.layers.recurrent import (
    BATCH,
    FEATURES,
    STEPS,
    UNITS,
    draw_call,
    draw_cell,
    states_of,
)
from library.engine.cases import Case, Inner
from library.engine.subjects import function, layer


@layer("Bidirectional")
def bidirectional(draw):
    kind = draw.one_of("SimpleRNN", "LSTM", "GRU")
    flags = draw.some(return_sequences=[True], return_state=[True])
    pairs = [(False, True), (True, False)]  # Keras refuses equal directions
    forward, backward = draw.one_of(*pairs)
    flags |= {"go_backwards": True} if forward else {}
    config = {"layer": Inner(kind, {"units": UNITS, **flags, **draw_cell(draw, kind)})}
    config |= draw.some(merge_mode=["sum", "ave", "mul", None])
    back = {"units": UNITS, **flags, "go_backwards": backward, "activation": "sigmoid"}
    if forward or draw.flag():
        config["backward_layer"] = Inner(kind, back)
    call = draw_call(draw, states_of(kind) * 2)
    return Case(config, (draw.normal(BATCH, STEPS, FEATURES),), call)


def directions_of_keras(x, *weights, merge_mode="concat", return_sequences=False):
    """A layer with a bias, and one without that goes backwards."""
    options = {"return_sequences": return_sequences, "dtype": "float64"}
    back = keras.layers.LSTM(UNITS, use_bias=False, go_backwards=True, **options)
    layer = keras.layers.Bidirectional(
        keras.layers.GRU(UNITS, **options),
        merge_mode,
        backward_layer=back,
        dtype="float64",
    )
    layer.build(x.shape)
    layer.set_weights(weights)
    return layer(x)


def directions(x, *weights, **options):
    return by_hand.bidirectional(
        by_hand.gru,
        x,
        *weights[:3],
        backward_layer=by_hand.lstm,
        backward_weights=weights[3:],
        **options,
    )


@function(directions_of_keras, directions, name="bidirectional of other weights")
def bidirectional_of_other_weights(draw):
    widths = 3 * UNITS, 4 * UNITS
    kernels = [draw.normal(n, width) for width in widths for n in (FEATURES, UNITS)]
    kernels.insert(2, draw.normal(2, widths[0]))
    config = draw.some(merge_mode=["sum", None], return_sequences=[True])
    return Case(config, (draw.normal(BATCH, STEPS, FEATURES), *kernels))


@layer("TimeDistributed")
def time_distributed(draw):
    inner = draw.one_of(
        Inner("Dense", {"units": 3}),
        Inner("Conv1D", {"filters": 3, "kernel_size": 2}),
        Inner("GlobalAveragePooling1D", {}),
    )
    x = draw.normal(2, 5, 4, 3)
    call = {}
    if inner.name == "GlobalAveragePooling1D":
        call = {"mask": draw.mask(2, 5, 4)}
    return Case({"layer": inner}, (x,), call)
