"""Measurements that anyone can run. They are no part of what is installed."""
