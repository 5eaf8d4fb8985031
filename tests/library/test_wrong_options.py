"""What functions refuse that no drawn case calls directly, such as steps of optimizers:
each by name. Of the others, test_contract.py derives as much."""

import by_hand
import numpy as np
from library.engine.refusals import for_each, read

from keras_by_hand.occurrences import Occurrences  # noqa: F401, calls below have it

W, M = [1.0, 2.0], np.ones((3, 2))
X, AXIS_2 = np.ones((1, 3, 2, 4)), {"use_bias": False, "attention_axes": 2}
HEADS = [np.ones((4, 2, 3))] * 3 + [np.ones((2, 3, 4))]  # a kernel for each part
SHARED = [np.ones((4, 2, 3)), *[np.ones((4, 3, 3))] * 2, np.ones((2, 3, 4))]
TYPE_ERRORS = """
nesterov(W, W, W) -> gradient must be a function, not [1.0, 2.0]
nesterov(W, np.square, W, None) -> learning_rate must be a number, not None
sgd(M, Occurrences([W], [0], (3, 2)), None, "fast")
    -> learning_rate must be a number, not 'fast'
sgd(W, W, [W]) -> slots must be a dict of arrays, or None, not [[1.0, 2.0]]
sgd(M, Occurrences([W], [0], "all")) -> gradient.shape must be whole numbers, not 'all'
muon(W, W, None, 1, path=3) -> path must be a text, not 3
muon(W, W, None, 1, exclude_layers="dense")
    -> exclude_layers must be a list of texts, not 'dense'
philox([0], [[0] * 4]) -> key must be two whole numbers, not [0]
draw_whole((2,), 0.5, 3, seed=1)
    -> minval and maxval must be whole numbers, not 0.5 and 3
draw_uniform((2,), seed=[1])
    -> seed must be a whole number, or the state [seed, count] of a SeedGenerator, not [1]
ones_initializer(2.5) -> shape must be whole numbers above 0, not 2.5
default_seeds("a", 2) -> seed must be a whole number, not 'a'
exponential_decay(0, 1, 2, 0.5) -> initial_learning_rate must be a float, not 1
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
draw_permutation(3, seed=2**32) -> seed must be below 2**32, not 4294967296
sparse_categorical_crossentropy([0], [W], axis=0)
    -> axis must be -1 or 1, the last one, not 0
sgd(W, [1.0]) -> gradient must have the shape (2,), not (1,)
sgd(W, W, {"momentum": [0.0]}, momentum=0.5)
    -> momentum must have the shape (2,), not (1,)
sgd(W, W, {"momentum": W}) -> slots must be None, or have no arrays, not ['momentum']
sgd(W, W, momentum=1.5) -> momentum must be a number from 0 to 1, not 1.5
sgd(M, Occurrences([W], [0], (3, 4)))
    -> gradient.values must have the shape (1, 4), not (1, 2)
sgd(M, Occurrences([W], [[0]], (3, 2)))
    -> gradient.rows must have the shape (occurrences,), not (1, 1)
sgd(M, Occurrences([W], [0], (4, 2)))
    -> gradient must be that of a weight of the shape (3, 2), not (4, 2)
sgd(M, Occurrences([W], [3], (3, 2)))
    -> gradient.rows must be whole numbers from 0 to 2
sgd(M, Occurrences([W], [0.5], (3, 2)))
    -> gradient.rows must be whole numbers from 0 to 2
nesterov(W, np.square, [0.0]) -> velocity must have the shape (2,), not (1,)
nesterov(W, np.square, W, momentum=-0.5) -> momentum must be a number from 0 to 1, not -0.5
rmsprop(W, [0.0]) -> gradient must have the shape (2,), not (1,)
rmsprop(W, W, {"velocity": [0.0]}) -> velocity must have the shape (2,), not (1,)
rmsprop(W, W, momentum=-0.5) -> momentum must be a number of at least 0, not -0.5
adam(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
adam(W, W, None, 0) -> t must be a whole number of at least 1, not 0
adam(W, W, None, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
adam(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
adamw(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
adamw(W, W, None, 0) -> t must be a whole number of at least 1, not 0
adamw(W, W, None, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
adamw(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
adamax(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
adamax(W, W, None, 0) -> t must be a whole number of at least 1, not 0
adamax(W, W, None, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
adamax(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
nadam(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
nadam(W, W, None, 0) -> t must be a whole number of at least 1, not 0
nadam(W, W, None, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
nadam(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
lamb(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
lamb(W, W, None, 0) -> t must be a whole number of at least 1, not 0
lamb(W, W, None, 1, beta_1=-0.5) -> beta_1 must be a number of at least 0, not -0.5
lamb(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
schedule_free_adamw(W, [0.0], None, 1) -> gradient must have the shape (2,), not (1,)
schedule_free_adamw(W, W, None, 0) -> t must be a whole number of at least 1, not 0
schedule_free_adamw(W, W, None, 1, beta_1=-0.5)
    -> beta_1 must be a number of at least 0, not -0.5
schedule_free_adamw(W, W, None, 1, beta_2=1) -> beta_2 must be below 1, not 1
adam(W, W, {"momentum": W}, 1)
    -> slots must be None, or have the arrays momentum, velocity, not ['momentum']
lion(W, W, beta_1=0) -> beta_1 must be above 0, not 0
lion(W, W, beta_1=2) -> beta_1 must be a number from 0 to 1, not 2
ftrl(W, W, learning_rate_power=0.5) -> learning_rate_power must be at most 0, not 0.5
ftrl(W, W, l1_regularization_strength=-1)
    -> l1_regularization_strength must be a number of at least 0, not -1
adafactor(W, W, {"r": W, "c": 0, "velocity": W}, 1) -> r must have the shape (), not (2,)
muon(W, W, None, 1, ns_steps=0) -> ns_steps must be a whole number of at least 1, not 0
muon(W, W, None, 1, adam_beta_1=1) -> adam_beta_1 must be below 1, not 1
decay_weight(W, 0.5, 0.5, "kernel", ["("])
    -> var_names must be a list of texts that are regular expressions, not '(': missing ),
    unterminated subpattern at position 0
average_weight(W, W, -1) -> iterations must be a whole number of at least 0, not -1
average_weight(W, W, 0, 2) -> ema_momentum must be a number from 0 to 1, not 2
average_weight(W, W, 0, 0.5, 0)
    -> ema_overwrite_frequency must be a whole number of at least 1, not 0
accumulate_gradient(W, W, 0, 1)
    -> gradient_accumulation_steps must be a whole number of at least 2, not 1
philox([0, 0], [0]) -> counters must have the shape (blocks, 4), not (1,)
draw_whole((2,), 3, 3, seed=1) -> maxval must be above minval, in 32 bits, not 3 and 3
draw_uniform((0,), seed=1) -> shape must be whole numbers above 0, not (0,)
identity_initializer((2,)) -> shape must be 2 numbers, not (2,)
draw_orthogonal((2,), seed=1) -> shape must be 2 or more numbers, not (2,)
cosine_decay(0, 1.0, 0) -> decay_steps must be above 0, not 0
cosine_decay_restarts(0, 1.0, 2, 0.5) -> t_mul must be a number of at least 1, not 0.5
piecewise_constant_decay(0, [3, 3], [1, 2, 3]) -> boundaries must grow, not [3, 3]
piecewise_constant_decay(0, [3], [1]) -> values must have the shape (2,), not (1,)
reduce_lr_on_plateau(W, 0.5, 1) -> factor must be below 1, not 1
early_stopping(W, mode="auto") -> mode must be 'min' or 'max', not 'auto'
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
