"""Files that benchmarks download, once: checked by SHA-256, or from a local folder."""

import hashlib
import os
from pathlib import Path


def fetch(path: str, url: str, sha256: str, needed: str) -> Path:
    """Return a file from UNMASKED_DATA, or from its address into the cache folder.

    Args:
        path: its name, perhaps with a folder ("multi30k/train.en.gz"); in the folder
            that the environment variable UNMASKED_DATA names, it may lie with the
            folder or without it.
        url: where it is downloaded from.
        sha256: of the file that the book knows.
        needed: for the message if it cannot be had: what needs it and what does not.

    Raises:
        FileNotFoundError: it is in no folder and cannot be downloaded; says how to
            get it.
        ValueError: the file that was found is another one.
    """
    folder = os.environ.get("UNMASKED_DATA")
    for place in (path, Path(path).name) if folder else ():
        if (found := Path(str(folder), place)).is_file():
            if hashlib.sha256(found.read_bytes()).hexdigest() != sha256:
                raise ValueError(
                    f"{found} is not the file that the book knows: its SHA-256 is not "
                    f"{sha256}"
                )
            return found
    try:
        return _download(path, url, sha256)
    except (ImportError, OSError, ValueError) as error:
        sought = f"not in {folder} (UNMASKED_DATA), and " if folder else ""
        raise FileNotFoundError(
            f"{path} is {sought}not to be had by download ({error}).\nWithout a "
            f"network, fetch {url} elsewhere, put it into a folder, and name "
            f"the folder in UNMASKED_DATA.\n{needed}"
        ) from error


def _download(path: str, url: str, sha256: str) -> Path:
    import platformdirs  # here: not needed where the files are in UNMASKED_DATA
    import pooch

    folder = platformdirs.user_cache_path("transformers-unmasked") / Path(path).parent
    return Path(pooch.retrieve(url, sha256, Path(path).name, folder, progressbar=True))
