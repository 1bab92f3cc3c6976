"""The workshop: parts, companies and places of two organizations, with images through the mixin."""
