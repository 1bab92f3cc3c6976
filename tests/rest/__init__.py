"""The REST API: its fields, its views, its schema, its clients."""
