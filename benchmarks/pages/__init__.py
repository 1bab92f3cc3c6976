"""The same gallery page built in several ways: what the server, the network and a browser pay."""
