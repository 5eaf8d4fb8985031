"""Random numbers: as Keras draws them on TensorFlow, by Philox.

A block of four words of 32 bits is a function of a key and of the block's
number alone, so that whole arrays are drawn at once. Uniform numbers and whole
ones are equal to the bit, normal ones but for the rounding of log, sin and cos.
JAX and PyTorch have generators of their own, and other numbers; so has what is
compiled with jit_compile=True.

A seed is a whole number, or the state [seed, count] of a SeedGenerator, which
next_state moves on with each draw. Of keras.random, beta, binomial, categorical
and gamma are left out: no first weight and no mask of a dropout is drawn so.
"""

import math
import random
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    are_whole,
    as_array,
    as_option,
    check_axes,
    check_numbers,
    check_seed,
    check_shape,
    check_sizes,
    quoted,
)

Seed = int | Sequence[int]  # or the state of a SeedGenerator
Shape = Sequence[int]

_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


def philox(key: Sequence[int], counters: ArrayLike) -> np.ndarray:
    """Random words of numbered blocks: Philox4x32-10 (Salmon et al., 2011).

    key: two words; counters: (blocks, 4). Returns (blocks, 4), all of uint32.

    Raises ValueError for what is no four words a block, TypeError for a key
    that is no two whole numbers.

    >>> philox([0, 0], [[0, 0, 0, 0]])
    array([[1713891541, 3781805453, 3159862348, 2600524760]], dtype=uint32)
    """
    _check_philox(key, counters)
    a, b, c, d = np.asarray(counters, np.uint64).T
    first, second = (np.uint64(word) for word in key)
    for _ in range(10):
        left, right = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b = (right >> _HALF) ^ b ^ first, right & _LOWER
        c, d = (left >> _HALF) ^ d ^ second, left & _LOWER
        first = (first + np.uint64(0x9E3779B9)) & _LOWER
        second = (second + np.uint64(0xBB67AE85)) & _LOWER
    return np.stack([a, b, c, d], axis=1).astype(np.uint32)


def _check_philox(key, counters):
    shape = np.shape(counters)
    if len(shape) != 2 or shape[1] != 4:
        raise ValueError(
            f"philox: counters must have the shape (blocks, 4), not {shape}"
        )
    if len(key) != 2 or not are_whole(key):
        raise TypeError(
            f"philox: key must be two whole numbers, not {quoted(key)}"
        )


def next_state(state: Seed) -> list[int]:
    """The state of a SeedGenerator after a draw: it counts one up.

    Raises TypeError for what is no seed.

    >>> next_state([313, 0])  # as keras.random.SeedGenerator(313).state
    [313, 1]
    """
    check_seed(next_state, state=state)
    seed, count = _pair(state)
    return [seed, count + 1]


def _pair(seed):
    """Both numbers of a state; a whole number begins at 0."""
    return tuple(map(int, seed)) if np.ndim(seed) else (int(seed), 0)


def _stream(seed):
    """A key, and the upper half of the counters: the seed, scrambled."""
    # A whole number wraps to int32 first, a state is brought below 2**31 - 2.
    seed, count = _pair(seed)
    halves = [half for n in (seed, count) for half in _halves(n % (2**31 - 2))]
    words = philox([0x3EC8F720, 0x02461E29], [halves])[0]
    return words[:2], words[2:]


def _halves(number):
    """The lower and the upper 32 bits of a whole number."""
    return number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF


def _blocks(stream, start, count):
    """Words of the blocks from start on, (count, 4)."""
    key, upper = stream
    number = np.arange(start, start + count, dtype=np.uint64)
    counters = [
        number & _LOWER,
        number >> _HALF,
        *(0 * number + upper.reshape(2, 1)),
    ]
    return philox(key, np.stack(counters, axis=1))


def _words(stream, count):
    """So many words, in the order in which they are used."""
    return _blocks(stream, 0, -(-count // 4)).ravel()[:count]


def _from_0_to_1(words, dtype):
    """Uniform numbers, each of a word, in float64 of two."""
    if dtype == "float64":
        words = words.astype(np.uint64)
        bits = (words[::2] & np.uint64(0xFFFFF)) << _HALF | words[1::2]
        return (bits | np.uint64(1023 << 52)).view(np.float64) - 1
    bits = (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
    return bits.view(np.float32) - np.float32(1)


def draw_uniform(
    shape: Shape,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Literal["float32", "float64"] = "float32",
    *,
    seed: Seed,
) -> np.ndarray:
    """Uniform numbers from minval to below maxval (keras.random.uniform).

    Each is made of the lower 23 bits of a word, in float64 of 52 bits of two.
    Returns the shape.

    Raises TypeError for what is no shape or seed, ValueError for other dtypes.

    >>> draw_uniform((3,), seed=313).round(4)
    array([0.4955, 0.7273, 0.3933], dtype=float32)
    """
    check_shape(draw_uniform, shape=shape)
    check_seed(draw_uniform, seed=seed)
    check_numbers(draw_uniform, minval=minval, maxval=maxval)
    dtype = as_option(draw_uniform, dtype=dtype)
    size = math.prod(shape)
    words = _words(_stream(seed), 2 * size if dtype == "float64" else size)
    drawn = _from_0_to_1(words, dtype)
    low, high = drawn.dtype.type(minval), drawn.dtype.type(maxval)
    return (drawn * (high - low) + low).reshape(shape)


def draw_whole(
    shape: Shape, minval: int, maxval: int, *, seed: Seed
) -> np.ndarray:
    """Whole numbers from minval to below maxval, int32 (keras.random.randint).

    They are the remainders of words, so that small ones are a little likelier.
    Returns the shape.

    Raises TypeError for what is no shape, seed or whole number, ValueError
    where maxval is not above minval.

    >>> draw_whole((3,), seed=313, minval=0, maxval=10)
    array([3, 5, 1], dtype=int32)
    """
    check_shape(draw_whole, shape=shape)
    check_seed(draw_whole, seed=seed)
    _check_ends(minval, maxval)
    words = _words(_stream(seed), math.prod(shape))
    rest = words.astype(np.int64) % (maxval - minval)
    return (rest + minval).astype(np.int32).reshape(shape)


def _box_muller(drawn):
    """Pairs of normal numbers of pairs of uniform ones (Box and Muller,
    1958)."""
    exact = drawn.dtype.type
    u, v = drawn.reshape(-1, 2).T
    length = np.sqrt(exact(-2) * np.log(np.maximum(u, exact(1e-7))))
    angle = exact(2 * math.pi) * v
    return np.stack([np.sin(angle) * length, np.cos(angle) * length], 1).ravel()


def draw_normal(
    shape: Shape,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Literal["float32", "float64"] = "float32",
    *,
    seed: Seed,
) -> np.ndarray:
    """Normal numbers (keras.random.normal; Box and Muller, 1958).

    Each two are made of two uniform numbers. Returns the shape.

    Raises TypeError for what is no shape, seed or number, ValueError for other
    dtypes.

    >>> draw_normal((3,), seed=313).round(3)
    array([-1.173, -0.168,  0.076], dtype=float32)
    """
    check_shape(draw_normal, shape=shape)
    check_seed(draw_normal, seed=seed)
    check_numbers(draw_normal, mean=mean, stddev=stddev)
    dtype = as_option(draw_normal, dtype=dtype)
    size = math.prod(shape)
    per_block = 2 if dtype == "float64" else 4
    words = _blocks(_stream(seed), 0, -(-size // per_block)).ravel()
    z = _box_muller(_from_0_to_1(words, dtype))[:size].reshape(shape)
    return z * z.dtype.type(stddev) + z.dtype.type(mean)


def draw_truncated_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 1.0, *, seed: Seed
) -> np.ndarray:
    """Normal numbers, in float32, that are less than two deviations from the
    mean (keras.random.truncated_normal).

    Each four numbers are the first such ones of 256 blocks of their own.
    Returns the shape.

    Raises TypeError for what is no shape, seed or number.

    >>> draw_truncated_normal((3,), seed=313).round(3)
    array([-1.173, -0.168,  0.076], dtype=float32)
    """
    check_shape(draw_truncated_normal, shape=shape)
    check_seed(draw_truncated_normal, seed=seed)
    check_numbers(draw_truncated_normal, mean=mean, stddev=stddev)
    size, stream = math.prod(shape), _stream(seed)
    groups, drawn = -(-size // 4), []
    for group in range(groups):
        words = _blocks(stream, 256 * group, 16).ravel()  # 64 of them
        z = _box_muller(_from_0_to_1(words, "float32"))
        drawn.append(z[np.abs(z) < 2][:4])
    z = np.concatenate(drawn)[:size].reshape(shape)
    return z * np.float32(stddev) + np.float32(mean)


def draw_kept(
    shape: Shape,
    rate: float,
    dtype: Literal["float32", "float64"] = "float32",
    *,
    seed: Seed,
) -> np.ndarray:
    """What Dropout keeps: True where a uniform number is not below the rate.

    seed: of a layer, its state before the call, which is [seed, 0] in a new
    one. Returns the shape, as dropout takes it; for a noise_shape, it is that.

    Raises ValueError for a rate that is not from 0 to 1, TypeError for what is
    no shape or seed.

    >>> draw_kept((4,), seed=313, rate=0.5)
    array([False,  True, False, False])
    """
    check_shape(draw_kept, shape=shape)
    check_seed(draw_kept, seed=seed)
    check_numbers(draw_kept, 0, 1, rate=rate)
    dtype = as_option(draw_kept, dtype=dtype)
    drawn = draw_uniform(shape, dtype=dtype, seed=seed)
    return drawn >= drawn.dtype.type(rate)


def draw_order(x: ArrayLike, axis: int = 0, *, seed: Seed) -> np.ndarray:
    """An array in another order along an axis (keras.random.shuffle): uniform
    numbers are drawn, and sorted. Returns the shape of x.

    Raises ValueError for an axis that x has not, TypeError for what is no seed.

    >>> draw_order([1, 2, 3, 4], seed=313)
    array([3, 4, 1, 2])
    """
    x = as_array(draw_order, x=x)
    check_seed(draw_order, seed=seed)
    check_axes(draw_order, x.ndim, one=True, axis=axis)
    drawn = draw_uniform((x.shape[axis],), seed=seed)
    return np.take(x, np.argsort(drawn, kind="stable"), axis)


def draw_permutation(number: int, *, seed: int) -> np.ndarray:
    """The order of samples in fit with shuffle=True, after
    keras.utils.set_random_seed(seed): that of tf.random.shuffle (Fisher and
    Yates, 1938). Keras has the same order in each epoch.

    number: of samples. Returns whole numbers from 0 on, (number,).

    Raises TypeError for what is no whole number, ValueError for a number below
    1, and for a seed that is not from 0 to below 2**32.

    >>> draw_permutation(5, seed=313)
    array([3, 2, 0, 1, 4])
    """
    check_sizes(draw_permutation, number=number)
    _check_of_keras(seed)
    largest = 2**31 - 1  # TensorFlow takes it for a second seed of two zeros
    first = seed % largest
    second = _halves(0 if first else largest)
    stream = _halves(first), np.array(second, np.uint64)
    left = np.arange(number, 1, -1)
    order = np.arange(number)
    for place, pick in enumerate(_words(stream, number - 1) % left):
        order[[place, place + pick]] = order[[place + pick, place]]
    return order


def default_seeds(seed: int, number: int) -> list[int]:
    """The seeds that layers and initializers without one of their own take, in
    turn, after keras.utils.set_random_seed(seed).

    They are numbers of Python's own generator, from 1 to 10**9, of which each
    initializer that draws takes one when its layer is made: Dense, convolutions
    and Embedding one, as Zeros draw nothing; Dropout one. LSTM and GRU take
    those of kernel and recurrent_kernel first, and that of dropout last,
    SimpleRNN that of dropout first. MultiHeadAttention takes one that it does
    not use, and when it is built those of query, key and value, dropout, and
    the output.

    Raises TypeError for what is no whole number, ValueError for a number below
    0.

    >>> default_seeds(313, 2)
    [606238111, 175322193]
    """
    check_sizes(default_seeds, least=0, number=number)
    _check_of_python(seed)
    source = random.Random(seed)
    return [source.randint(1, 10**9) for _ in range(number)]


def _check_ends(minval, maxval):
    if not are_whole([minval, maxval]):
        raise TypeError(
            f"draw_whole: minval and maxval must be whole numbers, "
            f"not {quoted(minval)} and {quoted(maxval)}"
        )
    if not -(2**31) <= minval < maxval < 2**31:
        raise ValueError(
            f"draw_whole: maxval must be above minval, in 32 bits, "
            f"not {maxval} and {minval}"
        )


def _check_of_keras(seed):
    """It must be one that keras.utils.set_random_seed takes."""
    check_sizes(draw_permutation, least=0, seed=seed)
    if seed >= 2**32:
        raise ValueError(
            f"draw_permutation: seed must be below 2**32, not {quoted(seed)}"
        )


def _check_of_python(seed):
    if not are_whole([seed]):
        raise TypeError(
            f"default_seeds: seed must be a whole number, not {quoted(seed)}"
        )
