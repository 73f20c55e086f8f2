"""Print a dependency group of pyproject.toml, one requirement a line."""

from pathlib import Path
import sys
import tomllib

ROOT = Path(__file__).parents[2]


def group(name: str) -> list[str]:
    """Return the requirements of a group."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements: list[str] = pyproject["dependency-groups"][name]
    return requirements


if __name__ == "__main__":
    print("\n".join(group(sys.argv[1])))
