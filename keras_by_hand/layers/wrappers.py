"""Wrappers: layers that call another layer."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_array_or_texts,
    as_option,
    as_raw_array,
    check_flags,
    check_functions,
    check_rank,
    check_shapes,
)


def bidirectional(
    layer: Callable[..., Any],
    x: ArrayLike,
    *weights: Any,
    mask: ArrayLike | None = None,
    initial_state: Sequence[Any] | None = None,
    merge_mode: Literal["concat", "sum", "ave", "mul"] | None = "concat",
    backward_layer: Callable[..., Any] | None = None,
    backward_weights: Sequence[Any] | None = None,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    **options: Any,
) -> np.ndarray | list[Any]:
    """Bidirectional (Keras documentation, Bidirectional).

    layer: a function such as lstm; x: (batch, steps, features), mask: (batch,
    steps); weights: those of layer, then as many of backward_layer, by default
    layer, unless these are told as backward_weights; initial_state: the states
    of both in a list; options: keywords of both. Returns their outputs merged,
    or both in a list; with return_state a list of the outputs, the states of
    layer, and the other's.

    Raises ValueError for other shapes, an odd number of weights, another
    merge_mode, and outputs that cannot be merged.

    >>> from keras_by_hand import simple_rnn
    >>> x, one = [[[1], [2], [3]]], [[1]]  # x: (batch, steps, features)
    >>> options = {"activation": None, "return_sequences": True}
    >>> bidirectional(simple_rnn, x, one, one, one, one, **options)
    array([[[1., 6.],
            [3., 5.],
            [6., 3.]]])
    """
    x = as_array(bidirectional, x=x)
    mask = as_raw_array(bidirectional, mask=mask)
    merge_mode = as_option(bidirectional, merge_mode=merge_mode)
    check_flags(
        bidirectional,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
    )
    check_functions(bidirectional, layer=layer, backward_layer=backward_layer)
    check_rank(bidirectional, 3, x=x)
    check_shapes(bidirectional, mask=(mask, x.shape[:2]))
    _check_directions(weights, backward_weights, initial_state)
    if backward_weights is None:
        half = len(weights) // 2
        weights, backward_weights = weights[:half], weights[half:]
    start = start_back = None
    if initial_state is not None:
        half = len(initial_state) // 2
        start, start_back = initial_state[:half], initial_state[half:]
    options |= {
        "mask": mask,
        "return_sequences": return_sequences,
        "return_state": True,
        "zero_output_for_mask": return_sequences,
    }
    y, *states = layer(
        x, *weights, initial_state=start, go_backwards=go_backwards, **options
    )
    y_back, *states_back = (backward_layer or layer)(
        x,
        *backward_weights,
        initial_state=start_back,
        go_backwards=not go_backwards,
        **options,
    )
    _check_outputs(y, y_back, merge_mode)
    if return_sequences:
        y_back = y_back[:, ::-1]
    if merge_mode == "concat":
        y = np.concatenate([y, y_back], axis=-1)
    elif merge_mode == "sum":
        y = y + y_back
    elif merge_mode == "ave":
        y = (y + y_back) / 2
    elif merge_mode == "mul":
        y = y * y_back
    results = [y] if merge_mode else [y, y_back]
    if return_state:
        results += states + states_back
    return results if len(results) > 1 else results[0]


def _check_directions(weights, backward_weights, initial_state):
    """Where the weights of the backward layer begin must be known; states must
    be in a list, of which each layer has a half, and its weights in another."""
    if backward_weights is None and len(weights) % 2:
        raise ValueError(
            "bidirectional: the number of weights must be even, as many for "
            f"each direction, not {len(weights)}; hand in others as "
            "backward_weights"
        )
    for name, arrays in (
        ("initial_state", initial_state),
        ("backward_weights", backward_weights),
    ):
        if not isinstance(arrays, list | tuple | None):
            raise TypeError(
                f"bidirectional: {name} must be a list of arrays, "
                f"not {type(arrays).__name__}"
            )


def _check_outputs(y, y_back, merge_mode):
    """Outputs that are merged must have the same shape, but for the last axis,
    along which they are concatenated."""
    last = "units" if merge_mode == "concat" else y.shape[-1]
    if merge_mode is not None:
        shape = *y.shape[:-1], last
        check_shapes(bidirectional, backward_output=(y_back, shape))


def time_distributed(
    layer: Callable[..., Any],
    x: ArrayLike,
    *weights: Any,
    mask: ArrayLike | None = None,
    **options: Any,
) -> np.ndarray:
    """TimeDistributed (Keras documentation, TimeDistributed).

    layer: a function such as conv2d; x: (batch, steps, ...), mask: (batch,
    steps, ...), only if layer takes one; weights, options: those of layer.
    Returns (batch, steps, ...).

    Raises ValueError for other shapes of x and mask.

    >>> from keras_by_hand import dense
    >>> x = [[[1, 2], [3, 4]]]  # (batch, steps, features)
    >>> time_distributed(dense, x, [[1], [10]])
    array([[[21],
            [43]]])
    """
    mask = as_raw_array(time_distributed, mask=mask)
    x = as_array_or_texts(time_distributed, x=x)
    check_functions(time_distributed, layer=layer)
    check_rank(time_distributed, 3, x=x)
    _check_parts(x, mask)
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            options["mask"] = mask[:, t]
        outputs.append(layer(x[:, t], *weights, **options))
    return np.stack(outputs, axis=1)


def _check_parts(x, mask):
    """There must be a step, and each must have its part of the mask."""
    if not x.shape[1]:
        raise ValueError("time_distributed: x must have at least one step")
    shape = *x.shape[:2], *[None] * (np.ndim(mask) - 2)
    check_shapes(time_distributed, mask=(mask, shape))
