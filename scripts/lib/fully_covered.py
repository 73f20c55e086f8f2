"""Hold the parts of the integration in which every branch has to be tested, from a coverage report."""

import json
from pathlib import Path
import sys
import tomllib

ROOT = Path(__file__).parents[2]
INTEGRATION = Path("custom_components/mqtt_sentinel")


def gaps(report: Path) -> list[str]:
    """Return a line for every file that has untested lines or branches, or is not in the report."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = pyproject["tool"]["mqtt-sentinel"]["fully-covered"]
    measured = json.loads(report.read_text())["files"]
    lines = []
    for part in parts:
        for path in sorted((ROOT / INTEGRATION / part).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name not in measured:
                lines.append(f"{name}: was never loaded")
            elif (summary := measured[name])["missing_lines"] or summary["missing_branches"]:
                branches = [f"{start}->{end}" for start, end in summary["missing_branches"]]
                lines.append(f"{name}: lines {summary['missing_lines']}, branches {branches}")
    return lines


if __name__ == "__main__":
    if found := gaps(Path(sys.argv[1])):
        sys.exit("\n".join(["Every line and branch of these has to be tested:", *found]))
