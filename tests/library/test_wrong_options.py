"""What functions refuse that no drawn case calls directly, such as steps of optimizers:
each by name. Of the others, test_contract.py derives as much."""

import by_hand
import numpy as np
from library.engine.refusals import for_each, read

W = [1.0, 2.0]
X, AXIS_2 = np.ones((1, 3, 2, 4)), {"use_bias": False, "attention_axes": 2}
HEADS = [np.ones((4, 2, 3))] * 3 + [np.ones((2, 3, 4))]  # a kernel for each part
SHARED = [np.ones((4, 2, 3)), *[np.ones((4, 3, 3))] * 2, np.ones((2, 3, 4))]
TYPE_ERRORS = """
nesterov(W, W, W) -> gradient must be a function, not [1.0, 2.0]
nesterov(W, np.square, W, None) -> learning_rate must be a number, not None
adam_of_pytorch(W, W, W, W, 1, "fast") -> learning_rate must be a number, not 'fast'
clipvalue(np.ones((2, 3)), 1) -> gradients must be a list of arrays, not ndarray
clipvalue([W, "W"], 1) -> gradients[1] must be an array of numbers, not of text
clipnorm(np.ones((2, 3)), 1) -> gradients must be a list of arrays, not ndarray
clipnorm([W, "W"], 1) -> gradients[1] must be an array of numbers, not of text
global_clipnorm(np.ones((2, 3)), 1) -> gradients must be a list of arrays, not ndarray
global_clipnorm([W, "W"], 1) -> gradients[1] must be an array of numbers, not of text
loss_scale_step(W, W, 8, 0, "fast") -> learning_rate must be a number, not 'fast'
lambda_layer(W, function=3) -> function must be a function, not 3
lambda_layer(W, function=abs, arguments=[3]) -> arguments must be a dict or None, not [3]
masked_mean_squared_error([W], [W], [1]) -> mask must be an array of booleans
"""
VALUE_ERRORS = """
sparse_categorical_crossentropy([0], [W], axis=0)
    -> axis must be -1 or 1, the last one, not 0
sgd(W, [1.0], W) -> gradient must have the shape (2,), not (1,)
sgd(W, W, [0.0]) -> velocity must have the shape (2,), not (1,)
sgd(W, W, W, momentum=1.5) -> momentum must be a number from 0 to 1, not 1.5
nesterov(W, np.square, [0.0]) -> velocity must have the shape (2,), not (1,)
nesterov(W, np.square, W, momentum=-0.5) -> momentum must be a number from 0 to 1, not -0.5
rmsprop(W, [0.0], W, W, W) -> gradient must have the shape (2,), not (1,)
rmsprop(W, W, [0.0], W, W) -> v must have the shape (2,), not (1,)
rmsprop(W, W, W, [0.0], W) -> m must have the shape (2,), not (1,)
rmsprop(W, W, W, W, [0.0]) -> a must have the shape (2,), not (1,)
rmsprop(*[W] * 5, momentum=-0.5) -> momentum must be a number of at least 0, not -0.5
adam(W, [0.0], W, W, 1) -> gradient must have the shape (2,), not (1,)
adam(W, W, [0.0], W, 1) -> m must have the shape (2,), not (1,)
adam(W, W, W, [0.0], 1) -> v must have the shape (2,), not (1,)
adam(W, W, W, W, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
adam_of_pytorch(W, W, W, W, 1, beta_1=-1) -> beta_1 must be a number of at least 0, not -1
adam_of_pytorch(W, W, W, W, 1, beta_2=1) -> beta_2 must be below 1, not 1
clipvalue([W], 0) -> bound must be above 0, not 0
clipnorm([W], 0) -> bound must be above 0, not 0
global_clipnorm([W], 0) -> bound must be above 0, not 0
loss_scale_step(W, [1.0], 8, 0) -> gradient must have the shape (2,), not (1,)
loss_scale_step(W, W, 0, 0) -> scale must be above 0, not 0
loss_scale_step(W, W, 8, -1) -> finite_steps must be a whole number of at least 0, not -1
loss_scale_step(W, W, 8, 0, dynamic_growth_steps=0)
    -> dynamic_growth_steps must be a whole number of at least 1, not 0
variance_scaling(W) -> draw must have 2 axes or more, not the shape (2,)
variance_scaling([W], 0) -> scale must be above 0, not 0
concatenate([]) -> inputs must be a list of one or more arrays
circle([0.5, 1], [[1], [1]]) -> y_true must be whole numbers
ctc([[0, 1]], np.ones((1, 3, 2))) -> y_true must have its zeros behind its labels
ctc([[1, 1]], np.ones((1, 2, 2)))
    -> y_true must fit into the 2 steps of y_pred, and labels need 3
iou_state([0, 1], [0, 0.5], num_classes=2) -> y_pred must be whole numbers
gaussian_dropout([1], [1], rate=1) -> rate must be below 1
sinusoidal_positions(2, 3) -> features must be even, not 3
multi_head_attention(X, X, None, *HEADS, **AXIS_2, use_causal_mask=True)
    -> use_causal_mask and sliding_window are of axis 1; along other axes, give an
    attention_mask
group_query_attention(X[0], X[0], None, *SHARED, use_bias=False)
    -> 2 heads of the query cannot share 3 heads of the key
"""
REFUSED = read(TYPE_ERRORS, TypeError, globals())
REFUSED += read(VALUE_ERRORS, ValueError, globals())


@for_each(REFUSED)
def test_what_is_wrong_is_refused_by_name(row):
    row.check()


def test_a_distribution_is_lowered_first_as_keras_does():
    y = by_hand.variance_scaling([W], distribution="Uniform")
    np.testing.assert_array_equal(
        y, by_hand.variance_scaling([W], 1.0, "fan_in", "uniform")
    )
