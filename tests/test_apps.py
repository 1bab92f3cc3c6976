"""The package as a whole: its public names, what importing it costs, its floors."""

import subprocess
import sys
from pathlib import Path

IMPORTED = """
import sys
import derived_images
print(*sorted(sys.modules))
"""


def test_the_public_names_are_all():
    import derived_images

    assert derived_images.__all__ == [
        "AutoCleanupImageField",
        "DerivedImagesManager",
        "Fill",
        "Fit",
        "Recipe",
        "cubemap_tiles",
    ]


def test_importing_loads_no_decoder_and_no_neighbour():
    run = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, check=True)
    modules = run.stdout.decode().split()

    assert "derived_images.fields" in modules
    assert not [name for name in modules if name.endswith("ImagePlugin")]
    assert not {"django.contrib.contenttypes", "rest_framework"} & set(modules)


def test_the_floors_stand():
    command = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([command], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout
