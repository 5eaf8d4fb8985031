"""How long a page of each kind is, and its core."""

import re

import pytest
import running

from gallery.kinds import ARTICLE, LAB, LESSON, NOTE, kind_of
from gallery.paths import EXAMPLES, SOURCES, find_pages, name_of
from gallery.scripts import text_of

MOST_LINES = {LESSON: 120, LAB: 120, ARTICLE: 105, NOTE: 60}
OF_MODELS = 160  # lines, of a lesson or an article on a whole model
TOUCHED = 15  # lines more where the figure of a lesson becomes a picture to touch
LONG = {  # lines more, and why
    "training/plot_overfitting": (2, "three cures, and their check"),
    "dense/plot_original_page": (298, "the page that it makes again has six cases"),
}
CORE = 12  # lines of code under "Compute it", at most
LONGER = {  # up to 25, and why the idea needs them
    "training/plot_autograd": "a class with three operations, and the way back",
    "training/plot_whole_network": "forward, backward and training, all of a network",
    "training/plot_overfitting": "training, and when to stop it",
    "regularization/plot_dropout": "training, as the mask returns in its gradient",
    "convolution/plot_conv_against_dense": "filters shared by all patches, and back",
    "models/plot_lenet": "the way through three layers, and back again",
    "models/plot_residual": "gradients need the way forward, too",
    "recurrent/plot_lstm_remembers": "an LSTM's way back needs the way forward",
    "models/plot_gpt": "the functions of the lessons before, once more",
    "models/plot_train_lenet": "a way through two convolutions, back, and the loop",
    "models/plot_train_gpt": "each of a block's weights has its gradient",
    "models/plot_resnet50": "a whole model, of two kinds of shortcuts",
    "models/plot_mobilenet_v2": "a whole model, with its strides",
    "models/plot_unet": "a whole model, down and up again",
    "models/plot_llama_block": "five changes to a block, each in a few lines",
    "files/plot_predict_without_keras": "the whole reader, to be copied as it is",
    "merging/plot_operators": "a saved step is decoded before it is computed",
    "quantization/plot_gptq": "a loop over features, with the right factor and Keras'",
    "quantization/plot_float8_dense": "outputs, gradients and scales are three rules",
    "precision/plot_loss_scaling": "a step is a rule of three cases, over all steps",
    "training/plot_one_step": "a whole step of fit, from the batch to new weights",
    "training/plot_order_of_fit": "the order of all parts is the claim",
    "training/plot_port_training_loop": "two loops of PyTorch, six lines each",
    "recurrent/plot_bptt_lstm": "a line for each of the four gates",
    "models/plot_vit": "patches, a class token, and a block",
    "models/plot_diffusion": "a network, its training, and its use",
}


def count_core(page):
    """Return how many lines of code the page's own core has, comments left out."""
    source = page.path.read_text()
    core = [
        text_of(statement, source)
        for heading, statement in zip(page.headings, page.tree.body)
        if heading == "Compute it" and statement not in page.linked
    ]
    lines = "\n".join(core).splitlines()
    return sum(bool(re.sub(r"#.*", "", line).strip()) for line in lines)


NAMES = list(map(name_of, find_pages()))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_as_long_as_its_kind_allows(name):
    text = (SOURCES / f"{name}.py").read_text()
    is_of_model = name.startswith("models/") and kind_of(name) != NOTE
    most = OF_MODELS if is_of_model else MOST_LINES[kind_of(name)]
    most += TOUCHED * ("moving_picture" in text) + LONG.get(name, (0,))[0]
    assert text.count("\n") <= most


@pytest.mark.parametrize("name", [n for n in NAMES if kind_of(n) in (LESSON, ARTICLE)])
def test_the_core_of_a_page_is_short(name):
    lines = count_core(running.Page(EXAMPLES / f"{name}.py"))
    least = 3 if kind_of(name) == LESSON else 1  # a formula may be a line
    assert least <= lines <= (25 if name in LONGER else CORE), f"{lines} lines of core"


def test_longer_cores_have_a_reason_and_need_it():
    for name in LONGER:
        assert count_core(running.Page(EXAMPLES / f"{name}.py")) > CORE, name
