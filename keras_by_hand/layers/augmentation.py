"""Augmentation: layers that change images in training, and in predict nothing.

Each function stands for such a layer in model.predict: it takes what the layer
takes, refuses what Keras refuses, and returns the images as they are.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    DataFormat,
    OneOrMore,
    as_array,
    as_option,
    check_each,
    check_flags,
    check_numbers,
    check_rank,
    check_sizes,
    quoted,
)

Factor = float | Sequence[float]  # a number, or the least and the most
Range = Sequence[float]  # the least and the most of the numbers in images
Sampling = Literal["nearest", "bilinear"]
FillMode = Literal["reflect", "wrap", "constant", "nearest"]


def unchanged(images: np.ndarray) -> np.ndarray:
    """The images as they are: what all these layers return in predict.

    Raises nothing: what comes in goes out.

    >>> unchanged(np.array([[1, 2]]))
    array([[1, 2]])
    """
    return images


def _check_images(function, images, seed, value_range=(0, 255)):
    """There must be an image or a batch, and two ends of a range."""
    check_rank(function, 3, 4, images=images)
    if seed is not None:
        check_sizes(function, least=0, seed=seed)
    if not isinstance(value_range, list | tuple) or len(value_range) != 2:
        raise ValueError(
            f"{function.__name__}: value_range must be two numbers, not "
            f"{quoted(value_range)}"
        )
    for end in value_range:
        check_numbers(function, value_range=end)


def _check_factors(function, least, most, **factors):
    """Each must be a number from least to most, or two of them."""
    for name, value in factors.items():
        several = isinstance(value, list | tuple)
        if several and len(value) != 2:
            raise ValueError(
                f"{function.__name__}: {name} must be a number from {least} to "
                f"{most}, or two of them, not {quoted(value)}"
            )
        check_each(
            function, least, most, **{name: value if several else [value]}
        )


def _check_given(function, least, most, **factors):
    """The same, of those that are not None."""
    given = {n: value for n, value in factors.items() if value is not None}
    _check_factors(function, least, most, **given)


def _check_kernel_size(kernel_size):
    check_sizes(random_gaussian_blur, 2, kernel_size=kernel_size)
    if np.any(np.array(kernel_size) % 2 == 0):
        raise ValueError(
            "random_gaussian_blur: kernel_size must be odd, not "
            f"{kernel_size!r}"
        )


def _check_zoom(*factors):
    for factor in factors:
        if factor is not None and np.any(np.array(factor) <= -1):
            raise ValueError(
                f"random_zoom: factors must be above -1, not {factor!r}"
            )


def aug_mix(
    images: ArrayLike,
    *,
    value_range: Range = (0, 255),
    num_chains: int = 3,
    chain_depth: int = 3,
    factor: Factor = 0.3,
    alpha: float = 1.0,
    all_ops: bool = True,
    interpolation: Sampling = "bilinear",
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AugMix (Keras documentation, AugMix).

    In training, AugMix mixes chains of other augmentations (Hendrycks et al.,
    2020). In predict, it returns images as they are: (height, width, channels),
    or a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> aug_mix([[[1], [2]]], num_chains=2).tolist()
    [[[1], [2]]]
    """
    images = as_array(aug_mix, images=images)
    interpolation = as_option(aug_mix, interpolation=interpolation)
    data_format = as_option(aug_mix, data_format=data_format)
    check_flags(aug_mix, all_ops=all_ops)
    _check_images(aug_mix, images, seed, value_range)
    check_sizes(aug_mix, num_chains=num_chains, chain_depth=chain_depth)
    _check_factors(aug_mix, 0, 1, factor=factor)
    check_numbers(aug_mix, alpha=alpha)
    return unchanged(images)


def cut_mix(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """CutMix (Keras documentation, CutMix).

    In training, CutMix pastes a part of another image of the batch (Yun et al.,
    2019). In predict, it returns images as they are: (height, width, channels),
    or a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> cut_mix([[[1], [2]]], factor=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(cut_mix, images=images)
    data_format = as_option(cut_mix, data_format=data_format)
    _check_images(cut_mix, images, seed)
    _check_factors(cut_mix, 0, 1, factor=factor)
    return unchanged(images)


def mix_up(
    images: ArrayLike,
    *,
    alpha: float = 0.2,
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """MixUp (Keras documentation, MixUp).

    In training, MixUp adds another image of the batch, weighted (Zhang et al.,
    2018). In predict, it returns images as they are: (height, width, channels),
    or a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> mix_up([[[1], [2]]], alpha=0.4).tolist()
    [[[1], [2]]]
    """
    images = as_array(mix_up, images=images)
    data_format = as_option(mix_up, data_format=data_format)
    _check_images(mix_up, images, seed)
    check_numbers(mix_up, alpha=alpha)
    return unchanged(images)


def rand_augment(
    images: ArrayLike,
    *,
    value_range: Range = (0, 255),
    num_ops: int = 2,
    factor: Factor = 0.5,
    interpolation: Sampling = "bilinear",
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandAugment (Keras documentation, RandAugment).

    In training, RandAugment applies some of other augmentations (Cubuk et al.,
    2020). In predict, it returns images as they are: (height, width, channels),
    or a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> rand_augment([[[1], [2]]], num_ops=3).tolist()
    [[[1], [2]]]
    """
    images = as_array(rand_augment, images=images)
    interpolation = as_option(rand_augment, interpolation=interpolation)
    data_format = as_option(rand_augment, data_format=data_format)
    _check_images(rand_augment, images, seed, value_range)
    check_sizes(rand_augment, num_ops=num_ops)
    _check_factors(rand_augment, 0, 1, factor=factor)
    return unchanged(images)


def random_brightness(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomBrightness (Keras documentation, RandomBrightness).

    In training, RandomBrightness adds a number to each image. In predict, it
    returns images as they are: (height, width, channels), or a batch of them;
    other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_brightness([[[1], [2]]], factor=(-0.1, 0.3)).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_brightness, images=images)
    data_format = as_option(random_brightness, data_format=data_format)
    _check_images(random_brightness, images, seed, value_range)
    _check_factors(random_brightness, -1, 1, factor=factor)
    return unchanged(images)


def random_color_degeneration(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomColorDegeneration (Keras documentation, RandomColorDegeneration).

    In training, RandomColorDegeneration takes colour out of images. In predict,
    it returns images as they are: (height, width, channels), or a batch of
    them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_color_degeneration([[[1], [2]]], factor=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_color_degeneration, images=images)
    data_format = as_option(random_color_degeneration, data_format=data_format)
    _check_images(random_color_degeneration, images, seed, value_range)
    _check_factors(random_color_degeneration, -1, 1, factor=factor)
    return unchanged(images)


def random_color_jitter(
    images: ArrayLike,
    *,
    value_range: Range = (0, 255),
    brightness_factor: Factor | None = None,
    contrast_factor: Factor | None = None,
    saturation_factor: Factor | None = None,
    hue_factor: Factor | None = None,
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomColorJitter (Keras documentation, RandomColorJitter).

    In training, RandomColorJitter changes brightness, contrast, saturation and
    hue, but for those whose factor is None. In predict, it returns images as
    they are: (height, width, channels), or a batch of them; other shapes if
    data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_color_jitter([[[1], [2]]], hue_factor=0.1).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_color_jitter, images=images)
    data_format = as_option(random_color_jitter, data_format=data_format)
    _check_images(random_color_jitter, images, seed, value_range)
    _check_given(
        random_color_jitter,
        -1,
        1,
        brightness_factor=brightness_factor,
        saturation_factor=saturation_factor,
    )
    _check_given(
        random_color_jitter,
        0,
        1,
        contrast_factor=contrast_factor,
        hue_factor=hue_factor,
    )
    return unchanged(images)


def random_contrast(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomContrast (Keras documentation, RandomContrast).

    In training, RandomContrast moves numbers away from their mean, or towards
    it. In predict, it returns images as they are: (height, width, channels), or
    a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_contrast([[[1], [2]]], factor=0.2).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_contrast, images=images)
    data_format = as_option(random_contrast, data_format=data_format)
    _check_images(random_contrast, images, seed, value_range)
    _check_factors(random_contrast, 0, 1, factor=factor)
    return unchanged(images)


def random_crop(
    images: ArrayLike,
    *,
    height: int,
    width: int,
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomCrop (Keras documentation, RandomCrop).

    In training, RandomCrop cuts a part of height and width out of images. In
    predict, it returns images as they are: (height, width, channels), or a
    batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_crop([[[1], [2]]], height=1, width=1).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_crop, images=images)
    data_format = as_option(random_crop, data_format=data_format)
    _check_images(random_crop, images, seed)
    check_sizes(random_crop, height=height, width=width)
    return unchanged(images)


def random_elastic_transform(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    scale: Factor = 1.0,
    interpolation: Sampling = "bilinear",
    fill_mode: FillMode | Literal["mirror"] = "reflect",
    fill_value: float = 0.0,
    value_range: Range = (0, 255),
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomElasticTransform (Keras documentation, RandomElasticTransform).

    In training, RandomElasticTransform bends images. In predict, it returns
    images as they are: (height, width, channels), or a batch of them; other
    shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_elastic_transform([[[1], [2]]], scale=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_elastic_transform, images=images)
    interpolation = as_option(
        random_elastic_transform, interpolation=interpolation
    )
    fill_mode = as_option(random_elastic_transform, fill_mode=fill_mode)
    data_format = as_option(random_elastic_transform, data_format=data_format)
    _check_images(random_elastic_transform, images, seed, value_range)
    _check_factors(random_elastic_transform, 0, 1, factor=factor, scale=scale)
    check_numbers(random_elastic_transform, fill_value=fill_value)
    return unchanged(images)


def random_erasing(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    scale: Factor = (0.02, 0.33),
    fill_value: float | Sequence[float] | None = None,
    value_range: Range = (0, 255),
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomErasing (Keras documentation, RandomErasing).

    In training, RandomErasing erases a rectangle (Zhong et al., 2020). In
    predict, it returns images as they are: (height, width, channels), or a
    batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_erasing([[[1], [2]]], scale=0.1).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_erasing, images=images)
    data_format = as_option(random_erasing, data_format=data_format)
    _check_images(random_erasing, images, seed, value_range)
    _check_factors(random_erasing, 0, 1, factor=factor, scale=scale)
    return unchanged(images)


def random_flip(
    images: ArrayLike,
    *,
    mode: Literal[
        "horizontal_and_vertical", "horizontal", "vertical"
    ] = "horizontal_and_vertical",
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomFlip (Keras documentation, RandomFlip).

    In training, RandomFlip mirrors images. In predict, it returns images as
    they are: (height, width, channels), or a batch of them; other shapes if
    data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_flip([[[1], [2]]], mode="horizontal").tolist()
    [[[1], [2]]]
    """
    images = as_array(random_flip, images=images)
    mode = as_option(random_flip, mode=mode)
    data_format = as_option(random_flip, data_format=data_format)
    _check_images(random_flip, images, seed)
    return unchanged(images)


def random_gaussian_blur(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    kernel_size: OneOrMore = 3,
    sigma: Factor = 1.0,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomGaussianBlur (Keras documentation, RandomGaussianBlur).

    In training, RandomGaussianBlur blurs images. In predict, it returns images
    as they are: (height, width, channels), or a batch of them; other shapes if
    data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_gaussian_blur([[[1], [2]]], kernel_size=5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_gaussian_blur, images=images)
    data_format = as_option(random_gaussian_blur, data_format=data_format)
    _check_images(random_gaussian_blur, images, seed, value_range)
    _check_factors(random_gaussian_blur, 0, 1, factor=factor, sigma=sigma)
    _check_kernel_size(kernel_size)
    return unchanged(images)


def random_grayscale(
    images: ArrayLike,
    *,
    factor: float = 0.5,
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomGrayscale (Keras documentation, RandomGrayscale).

    In training, RandomGrayscale makes some images gray. In predict, it returns
    images as they are: (height, width, channels), or a batch of them; other
    shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_grayscale([[[1], [2]]], factor=1.0).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_grayscale, images=images)
    data_format = as_option(random_grayscale, data_format=data_format)
    _check_images(random_grayscale, images, seed)
    check_numbers(random_grayscale, 0, 1, factor=factor)
    return unchanged(images)


def random_hue(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomHue (Keras documentation, RandomHue).

    In training, RandomHue turns the hues of images. In predict, it returns
    images as they are: (height, width, channels), or a batch of them; other
    shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_hue([[[1], [2]]], factor=0.1).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_hue, images=images)
    data_format = as_option(random_hue, data_format=data_format)
    _check_images(random_hue, images, seed, value_range)
    _check_factors(random_hue, 0, 1, factor=factor)
    return unchanged(images)


def random_invert(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    value_range: Range = (0, 255),
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomInvert (Keras documentation, RandomInvert).

    In training, RandomInvert inverts the numbers of some images. In predict, it
    returns images as they are: (height, width, channels), or a batch of them;
    other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_invert([[[1], [2]]], factor=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_invert, images=images)
    data_format = as_option(random_invert, data_format=data_format)
    _check_images(random_invert, images, seed, value_range)
    _check_factors(random_invert, 0, 1, factor=factor)
    return unchanged(images)


def random_perspective(
    images: ArrayLike,
    *,
    factor: Factor = 1.0,
    scale: float = 1.0,
    interpolation: Sampling = "bilinear",
    fill_value: float = 0.0,
    seed: int | None = None,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomPerspective (Keras documentation, RandomPerspective).

    In training, RandomPerspective shows images from another side. In predict,
    it returns images as they are: (height, width, channels), or a batch of
    them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_perspective([[[1], [2]]], scale=0.3).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_perspective, images=images)
    interpolation = as_option(random_perspective, interpolation=interpolation)
    data_format = as_option(random_perspective, data_format=data_format)
    _check_images(random_perspective, images, seed)
    _check_factors(random_perspective, 0, 1, factor=factor)
    check_numbers(random_perspective, 0, 1, scale=scale)
    check_numbers(random_perspective, fill_value=fill_value)
    return unchanged(images)


def random_posterization(
    images: ArrayLike,
    *,
    factor: OneOrMore,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomPosterization (Keras documentation, RandomPosterization).

    In training, RandomPosterization keeps few bits of each number. In predict,
    it returns images as they are: (height, width, channels), or a batch of
    them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_posterization([[[1], [2]]], factor=4).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_posterization, images=images)
    data_format = as_option(random_posterization, data_format=data_format)
    _check_images(random_posterization, images, seed, value_range)
    check_sizes(random_posterization, 2, factor=factor)
    _check_factors(random_posterization, 1, 8, factor=factor)
    return unchanged(images)


def random_rotation(
    images: ArrayLike,
    *,
    factor: Factor,
    fill_mode: FillMode = "reflect",
    interpolation: Sampling = "bilinear",
    seed: int | None = None,
    fill_value: float = 0.0,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomRotation (Keras documentation, RandomRotation).

    In training, RandomRotation rotates images, by a part of 2 pi. In predict,
    it returns images as they are: (height, width, channels), or a batch of
    them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_rotation([[[1], [2]]], factor=0.1).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_rotation, images=images)
    interpolation = as_option(random_rotation, interpolation=interpolation)
    fill_mode = as_option(random_rotation, fill_mode=fill_mode)
    data_format = as_option(random_rotation, data_format=data_format)
    _check_images(random_rotation, images, seed)
    _check_factors(random_rotation, -1, 1, factor=factor)
    check_numbers(random_rotation, fill_value=fill_value)
    return unchanged(images)


def random_saturation(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomSaturation (Keras documentation, RandomSaturation).

    In training, RandomSaturation changes the saturation of images. In predict,
    it returns images as they are: (height, width, channels), or a batch of
    them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_saturation([[[1], [2]]], factor=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_saturation, images=images)
    data_format = as_option(random_saturation, data_format=data_format)
    _check_images(random_saturation, images, seed, value_range)
    _check_factors(random_saturation, -1, 1, factor=factor)
    return unchanged(images)


def random_sharpness(
    images: ArrayLike,
    *,
    factor: Factor,
    value_range: Range = (0, 255),
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomSharpness (Keras documentation, RandomSharpness).

    In training, RandomSharpness sharpens or blurs images. In predict, it
    returns images as they are: (height, width, channels), or a batch of them;
    other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_sharpness([[[1], [2]]], factor=0.5).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_sharpness, images=images)
    data_format = as_option(random_sharpness, data_format=data_format)
    _check_images(random_sharpness, images, seed, value_range)
    _check_factors(random_sharpness, 0, 1, factor=factor)
    return unchanged(images)


def random_shear(
    images: ArrayLike,
    *,
    x_factor: Factor = 0.0,
    y_factor: Factor = 0.0,
    interpolation: Sampling = "bilinear",
    fill_mode: FillMode = "reflect",
    fill_value: float = 0.0,
    data_format: DataFormat | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """RandomShear (Keras documentation, RandomShear).

    In training, RandomShear shears images. In predict, it returns images as
    they are: (height, width, channels), or a batch of them; other shapes if
    data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_shear([[[1], [2]]], x_factor=0.2).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_shear, images=images)
    interpolation = as_option(random_shear, interpolation=interpolation)
    fill_mode = as_option(random_shear, fill_mode=fill_mode)
    data_format = as_option(random_shear, data_format=data_format)
    _check_images(random_shear, images, seed)
    _check_factors(random_shear, 0, 1, x_factor=x_factor, y_factor=y_factor)
    check_numbers(random_shear, fill_value=fill_value)
    return unchanged(images)


def random_translation(
    images: ArrayLike,
    *,
    height_factor: Factor,
    width_factor: Factor,
    fill_mode: FillMode = "reflect",
    interpolation: Sampling = "bilinear",
    seed: int | None = None,
    fill_value: float = 0.0,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomTranslation (Keras documentation, RandomTranslation).

    In training, RandomTranslation shifts images, by parts of their height and
    width. In predict, it returns images as they are: (height, width, channels),
    or a batch of them; other shapes if data_format is "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_translation([[[7]]], height_factor=0.5, width_factor=0).tolist()
    [[[7]]]
    """
    images = as_array(random_translation, images=images)
    interpolation = as_option(random_translation, interpolation=interpolation)
    fill_mode = as_option(random_translation, fill_mode=fill_mode)
    data_format = as_option(random_translation, data_format=data_format)
    _check_images(random_translation, images, seed)
    _check_factors(
        random_translation,
        -1,
        1,
        height_factor=height_factor,
        width_factor=width_factor,
    )
    check_numbers(random_translation, fill_value=fill_value)
    return unchanged(images)


def random_zoom(
    images: ArrayLike,
    *,
    height_factor: Factor,
    width_factor: Factor | None = None,
    fill_mode: FillMode = "reflect",
    interpolation: Sampling = "bilinear",
    seed: int | None = None,
    fill_value: float = 0.0,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """RandomZoom (Keras documentation, RandomZoom).

    In training, RandomZoom zooms in or out; one factor is for both axes if
    width_factor is None. In predict, it returns images as they are: (height,
    width, channels), or a batch of them; other shapes if data_format is
    "channels_first".

    Raises ValueError for other shapes, and for options that Keras refuses.

    >>> random_zoom([[[1], [2]]], height_factor=0.2).tolist()
    [[[1], [2]]]
    """
    images = as_array(random_zoom, images=images)
    interpolation = as_option(random_zoom, interpolation=interpolation)
    fill_mode = as_option(random_zoom, fill_mode=fill_mode)
    data_format = as_option(random_zoom, data_format=data_format)
    _check_images(random_zoom, images, seed)
    _check_factors(random_zoom, -1, 1, height_factor=height_factor)
    _check_given(random_zoom, -1, 1, width_factor=width_factor)
    _check_zoom(height_factor, width_factor)
    check_numbers(random_zoom, fill_value=fill_value)
    return unchanged(images)
