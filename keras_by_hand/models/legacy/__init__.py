"""What older Keras wrote, in the form of today: where things are in its files,
its classes, its calls and its weights."""
