"""Compare the viewer in the example with its package: byte for byte, as the registry has it."""

import base64
import hashlib
import io
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

TARBALL = "https://registry.npmjs.org/pannellum/-/pannellum-2.5.7.tgz"
SHA512 = "AHMRYdLPxetwhBg4lO5EgoZ55C/e+wrJF2WaFQIQA18HSVcvLvsdXEjDL7WpD8MPIFwNnH9qoUDsUqP8cF4pgA=="
UNREACHABLE = 2  # the exit code when nothing could be compared
FOLDER = Path(__file__).parents[1] / "example_project/gallery/static/gallery/pannellum"
# Our name → the package's.
FILES = {
    "pannellum.js": "package/build/pannellum.js",
    "pannellum.css": "package/build/pannellum.css",
    "COPYING": "package/COPYING",
}


def differences(tarball: bytes) -> Iterator[str]:
    """Say, a sentence each, what is not as in the package."""
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if digest != SHA512:
        yield f"{TARBALL} has the SHA-512 {digest}, not {SHA512}."
        return
    found = {path.name for path in FOLDER.glob("*")}
    yield from (f"{name} is no file of the package's." for name in sorted(found - FILES.keys()))
    with tarfile.open(fileobj=io.BytesIO(tarball)) as package:
        for name, original in FILES.items():
            if name not in found:
                yield f"{name} is missing in {FOLDER}."
            elif (FOLDER / name).read_bytes() != package.extractfile(original).read():
                yield f"{name} differs from the package's {original}."


def main() -> None:
    try:
        with urllib.request.urlopen(TARBALL, timeout=60) as answer:
            found = list(differences(answer.read()))
    except OSError as error:
        print(f"{TARBALL} cannot be fetched: {error}.", file=sys.stderr)
        sys.exit(UNREACHABLE)
    print(*found or ["The viewer is the package's, byte for byte."], sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
