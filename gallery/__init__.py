"""What both the build (docs/_ext) and the tests know of the gallery: it imports neither."""
