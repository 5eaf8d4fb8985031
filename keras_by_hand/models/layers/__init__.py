"""How models call layers; what those compute is in keras_by_hand/layers/."""
