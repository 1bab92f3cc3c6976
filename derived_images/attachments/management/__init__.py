"""What `manage.py` can do about images on rows."""
