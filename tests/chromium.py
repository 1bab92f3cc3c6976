"""How Chromium is started."""

FLAGS = [
    "--no-sandbox",  # in containers one is root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # WebGL without a GPU
    "--no-first-run",
]
