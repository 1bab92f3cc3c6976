"""The media view behind real servers: gunicorn, uvicorn and nginx, asked through raw sockets."""
