"""Each page, under the faults that name it, with mistakes in its own lines, and with other
answers of Keras; and what that costs.
"""

import pace
import prove
import pytest

from gallery import proof_results

# In calls of a layer, as in tests/pace.py, of which 5000 take a second.
BUDGET = {"run": 5_000, "prove": 10_000}
OF_MODELS = {"run": 25_000, "prove": 50_000}

# Pages that cost what one of a whole model may: {page: reason}.
ANEW = "Keras computes anew, as its layers hold what is mutated"
STEPS = "many faults of layers that Keras runs step by step"
TRAINED = "a model is trained until it has learned something"
LARGE = {
    "recurrent/plot_lstm_forecast": TRAINED,
    "recurrent/plot_character_model": TRAINED,
    "training/plot_whole_network": TRAINED,
    "recurrent/plot_vanishing_gradient": TRAINED,
    "embedding/plot_mask_travels": TRAINED,
    "training/plot_sample_weights": TRAINED,
    "precision/plot_loss_scaling": TRAINED,
    "precision/plot_sixteen_bits": TRAINED,
    "training/plot_sgd": "three optimizers take their steps under each fault",
    "quantization/plot_gptq": "models are made for each way to quantize",
    "quantization/plot_float8_scale": TRAINED,
    "adapters/plot_lora": "many faults of what is trained, merged and saved",
    "recurrent/plot_rnn_dropout": STEPS,
    "recurrent/plot_recurrent_dropout": STEPS,
    "recurrent/plot_rnn_unroll": STEPS,
    "recurrent/plot_conv_lstm_dropout": STEPS,
    "recurrent/plot_conv_lstm": STEPS,
    "weights/plot_add_loss": ANEW,
    "attention/plot_flash_attention": ANEW,
    "attention/plot_multi_head_attention_dropout": "many faults of what it drops",
    "merging/plot_operators": "ten faults, each of another operator",
    "preprocessing/plot_random_layers": "all layers that change images at random",
    "files/plot_lambda": "models are saved and loaded under each fault",
}


@pytest.mark.parametrize("page", proof_results.PAGES)
def test_page_goes_red(page):
    results = prove.prove(page)
    print(prove.summary(results))
    assert prove.problems(page, results) == []
    large = page in LARGE or page.startswith("models/")
    for what, calls in (OF_MODELS if large else BUDGET).items():
        assert results["calls"][what] < pace.BUSY * calls, (
            f"to {what} it costs too much"
        )


def test_pages_that_may_cost_more_are_there():
    assert LARGE.keys() <= proof_results.PAGES.keys()
