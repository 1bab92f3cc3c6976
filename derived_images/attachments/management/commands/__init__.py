"""One room a command: arguments in, output out; the work is done on the floors below."""
