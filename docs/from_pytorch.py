import keras
import numpy as np
import torch

from keras_by_hand.porting.pytorch import (
    lstm_from_pytorch,
    lstm_to_pytorch,
    stack_from_pytorch,
    stack_to_pytorch,
)

lstm = torch.nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
x = np.random.default_rng(313).normal(size=(2, 5, 4)).astype("float32")
expected = lstm(torch.tensor(x))[0].detach().numpy()

# From PyTorch to Keras
state = {name: tensor.numpy() for name, tensor in lstm.state_dict().items()}
model = keras.Sequential([keras.Input((None, 4))])
for weights in stack_from_pytorch(state, lstm_from_pytorch):
    layer = keras.layers.LSTM(3, return_sequences=True)
    model.add(keras.layers.Bidirectional(layer))
    model.layers[-1].set_weights(weights)
y = model.predict(x, verbose=0)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# And back
layers = [layer.get_weights() for layer in model.layers]
state = stack_to_pytorch(layers, lstm_to_pytorch)
lstm.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
again = lstm(torch.tensor(x))[0].detach().numpy()
np.testing.assert_allclose(again, expected, rtol=1e-4, atol=1e-4)
