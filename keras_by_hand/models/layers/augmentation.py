"""How layers that change images in training are called in a model."""

from keras_by_hand.layers.augmentation import (
    aug_mix,
    cut_mix,
    mix_up,
    rand_augment,
    random_brightness,
    random_color_degeneration,
    random_color_jitter,
    random_contrast,
    random_crop,
    random_elastic_transform,
    random_erasing,
    random_flip,
    random_gaussian_blur,
    random_grayscale,
    random_hue,
    random_invert,
    random_perspective,
    random_posterization,
    random_rotation,
    random_saturation,
    random_sharpness,
    random_shear,
    random_translation,
    random_zoom,
)
from keras_by_hand.models.layers.layer import ALL_NUMBERS, Layer, LayerTable
from keras_by_hand.models.tensors import arrays_of


class RandomImages(Layer):
    """A layer that changes images in training alone."""

    kinds = ALL_NUMBERS
    not_trained = (
        "what it draws is not known here; change the images before fit"
    )

    def compute(self, x, mask=None, training=None):
        self.function(arrays_of(x), **self.options)  # it checks them
        return x  # the same tensor, as in Keras


AUGMENTATION_LAYERS: LayerTable = {
    "AugMix": (aug_mix, RandomImages),
    "CutMix": (cut_mix, RandomImages),
    "MixUp": (mix_up, RandomImages),
    "RandAugment": (rand_augment, RandomImages),
    "RandomBrightness": (random_brightness, RandomImages),
    "RandomColorDegeneration": (random_color_degeneration, RandomImages),
    "RandomColorJitter": (random_color_jitter, RandomImages),
    "RandomContrast": (random_contrast, RandomImages),
    "RandomCrop": (random_crop, RandomImages),
    "RandomElasticTransform": (random_elastic_transform, RandomImages),
    "RandomErasing": (random_erasing, RandomImages),
    "RandomFlip": (random_flip, RandomImages),
    "RandomGaussianBlur": (random_gaussian_blur, RandomImages),
    "RandomGrayscale": (random_grayscale, RandomImages),
    "RandomHue": (random_hue, RandomImages),
    "RandomInvert": (random_invert, RandomImages),
    "RandomPerspective": (random_perspective, RandomImages),
    "RandomPosterization": (random_posterization, RandomImages),
    "RandomRotation": (random_rotation, RandomImages),
    "RandomSaturation": (random_saturation, RandomImages),
    "RandomSharpness": (random_sharpness, RandomImages),
    "RandomShear": (random_shear, RandomImages),
    "RandomTranslation": (random_translation, RandomImages),
    "RandomZoom": (random_zoom, RandomImages),
}
