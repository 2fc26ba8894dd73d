"""A copy of the repository's sources in build/mutation/, in which files are replaced by mutants, and its build."""
import os
import shutil
import subprocess
from pathlib import Path

COPIED = ("CMakeLists.txt", "behavioral", "rtl", "sim", "tests")
LOOP_GEOMETRIES = "tiny=8x8x2;odd=12x10x3"
LOOP_READOUTS = "tiny_popcount=8x8x2+popcount"


class BuildFailed(Exception):
    """With the tool's output."""


def write_if_new(path, content):
    """Files that stay as they are keep their time, so that nothing is built again for them."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Tree:
    def __init__(self, root, folder, *options):
        self.root = Path(root)
        self.source = Path(folder).resolve()
        self.binary = self.source / "build"
        self.options = options
        # The paths within a tree are those of the repository: what one has compiled is not compiled again by another.
        self.environment = {**os.environ, "CC": os.environ.get("CC", "clang"), "CXX": os.environ.get("CXX", "clang++"),
                            "CCACHE_BASEDIR": str(self.source), "CCACHE_NOHASHDIR": "1"}

    def write(self, replaced):
        """All sources, with the files in `replaced`, {path below the root: text}."""
        content = {}
        for name in COPIED:
            top = self.root / name
            for path in [top] if top.is_file() else top.rglob("*"):
                if path.is_file():
                    content[path.relative_to(self.root).as_posix()] = path.read_bytes()
        content |= {file: text.encode() for file, text in replaced.items()}
        for file, data in content.items():
            write_if_new(self.source / file, data)
        for name in COPIED:
            for path in (self.source / name).rglob("*"):
                if path.is_file() and path.relative_to(self.source).as_posix() not in content:
                    path.unlink()

    def build(self, target, jobs):
        if not (self.binary / "build.ninja").is_file():
            shutil.rmtree(self.binary, ignore_errors=True)
            self._run("cmake", "-S", str(self.source), "-B", str(self.binary), "-G", "Ninja", *self.options)
        self._run("cmake", "--build", str(self.binary), "--target", target, "--parallel", str(jobs))

    def _run(self, *command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise BuildFailed(done.stdout)
