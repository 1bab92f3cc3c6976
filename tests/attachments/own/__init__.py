"""A site with a model of images of its own, that has a real owner."""
