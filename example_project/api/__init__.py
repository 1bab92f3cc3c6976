"""The API: the library's own, and as much of InvenTree's as its Python client asks for."""
