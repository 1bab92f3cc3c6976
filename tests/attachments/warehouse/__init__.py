"""An app that knows the first one nothing but by its models' names."""
