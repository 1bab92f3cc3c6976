"""The gallery: one model with a picture, and the pages that show, take, replace and delete it."""
