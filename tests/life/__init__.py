"""The life of rows and files: stories, a stateful test, faults, races, and the mutants they kill."""
