"""The house: which room may import from which, and what has no place in any."""

import ast
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
import sys
from typing import TYPE_CHECKING

import pytest

import custom_components.mqtt_sentinel as integration

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(integration.__file__).parent
MOST_LINES = 500

# The one way through: intake -> dialects -> watch -> outcome and command. A room is a folder, or one of the
# modules beside them that have a task of their own. All other modules are doors: Home Assistant
# looks for them by name, they may come in everywhere, and nobody leans on them.
MAY_IMPORT: dict[str, set[str]] = {
    "watch": set(),
    "dialects": {"watch"},
    "const": set(),
    "network": set(),
    "evidence": {"command", "watch"},
    "setup": {"command", "const", "dialects", "evidence", "watch"},
    "storage": {"const", "watch"},
    "intake": {"dialects", "watch"},
    "outcome": {"command", "const", "evidence", "watch"},
    "introductions": {"const", "outcome"},
    "newcomers": {"const", "outcome", "setup"},
    "command": {"dialects", "watch"},
    "control": {"command", "const", "intake", "outcome", "storage", "watch"},
    "chronicle": {"command", "const", "evidence", "intake", "outcome", "watch"},
    "cameras": {
        *("command", "const", "evidence", "intake", "network", "outcome", "setup", "watch"),
    },
    "drills": {
        *("command", "const", "control", "dialects", "evidence", "intake", "outcome", "watch"),
    },
    "answers": {"intake"},
    "alarms": {
        *("command", "const", "control", "dialects", "intake", "outcome", "setup", "watch"),
    },
    "web": {"const", "evidence", "outcome"},
    "hub": {
        *("alarms", "answers", "cameras", "chronicle", "command", "const", "control", "dialects"),
        *("drills", "intake", "introductions", "newcomers", "outcome", "setup", "storage"),
        *("watch", "web"),
    },
    "entity": {"const", "dialects", "hub", "outcome", "watch"},
    "entities": {"cameras", "const", "entity", "evidence", "hub", "intake", "outcome", "watch"},
    "actions": {
        *("command", "const", "control", "evidence", "hub", "intake", "outcome", "web"),
    },
    "config_flow": {
        *("command", "const", "dialects", "evidence", "intake", "network", "outcome", "setup"),
        "watch",
    },
    "door": {
        *("actions", "alarms", "answers", "cameras", "command", "config_flow", "const", "control"),
        *("dialects", "entities", "entity", "evidence", "hub", "intake", "outcome", "setup"),
        *("storage", "watch", "web"),
    },
}
# What is named in annotations only, and so is not there when the code runs.
MAY_NAME: dict[str, set[str]] = {
    "intake": {"setup"},
    "entities": {"setup"},
    "control": {"setup"},
    "cameras": {"chronicle"},
    "chronicle": {"control"},
    "newcomers": {"watch"},
    "answers": {"watch"},
    "drills": {"storage"},
    "hub": {"evidence"},
    "web": {"chronicle"},
    "config_flow": {"hub", "newcomers"},
}
HOME_ASSISTANT = {"homeassistant", "voluptuous", "probatio"}
# Pure rooms: what they may use that is not of Python itself, and what of Python would be I/O, a
# clock or chance.
PURE: dict[str, set[str]] = {"watch": set(), "dialects": {"orjson"}, "command": set()}
IMPURE = {
    *("asyncio", "datetime", "http", "io", "logging", "os", "pathlib", "random", "secrets"),
    *("select", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "threading", "time"),
    *("urllib", "uuid"),
}


@dataclass(frozen=True)
class Import:
    """One import: who, from which room or package, and whether for annotations only."""

    module: str
    room: str
    target: str
    own: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module} ({self.room}) imports {self.target}"


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module, by the names on the way to it."""
    if not parts:
        return "door"  # the package's own __init__
    return parts[0] if parts[0] in MAY_IMPORT or len(parts) > 1 else "door"


def modules() -> Iterator[tuple[Path, tuple[str, ...]]]:
    """All modules of the integration, and the names on the way to each."""
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        yield path, parts[:-1] if parts[-1] == "__init__" and len(parts) == 1 else parts


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and (
        isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )


def imports_in(
    node: ast.AST, *, for_types: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """All imports below a node, wherever they stand."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, for_types
        else:
            yield from imports_in(child, for_types=for_types or is_type_checking(child))


def targets(statement: ast.Import | ast.ImportFrom, parts: tuple[str, ...]) -> Iterator[Import]:
    """What one import statement in the module ``parts`` imports."""
    module, room = ".".join(parts) or "__init__", room_of(parts)
    if isinstance(statement, ast.Import) or not statement.level:
        names = (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
        )
        for name in names:
            yield Import(module, room, name.partition(".")[0], own=False, for_types=False)
        return
    folder = parts[: len(parts) - statement.level]
    base = (*folder, *(statement.module or "").split(".")) if statement.module else folder
    for alias in statement.names:
        target = room_of(base or (alias.name,))
        yield Import(module, room, target, own=True, for_types=False)


def all_imports() -> list[Import]:
    """All imports of the integration."""
    return [
        Import(found.module, found.room, found.target, found.own, for_types)
        for path, parts in modules()
        for statement, for_types in imports_in(ast.parse(path.read_text()))
        for found in targets(statement, parts)
    ]


ALL_IMPORTS = all_imports()


def of_room(room: str) -> list[Import]:
    return [found for found in ALL_IMPORTS if found.room == room]


def test_every_module_is_in_a_room() -> None:
    assert {room_of(parts) for _, parts in modules()} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    may_import = MAY_IMPORT[room] | {room}
    may_name = may_import | MAY_NAME.get(room, set())
    wrong = [
        str(found)
        for found in of_room(room)
        if found.own and found.target not in (may_name if found.for_types else may_import)
    ]
    assert not wrong


def test_no_two_rooms_lean_on_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for found in ALL_IMPORTS:
        if found.own and found.target != found.room:
            graph.setdefault(found.room, set()).add(found.target)
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("watch") < order.index("dialects") < order.index("intake")
    assert order[-1] in {"door", "config_flow"}


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_knows_nothing_of_home_assistant(room: str) -> None:
    assert not [str(found) for found in of_room(room) if found.target in HOME_ASSISTANT]


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_does_no_io_and_reads_no_clock(room: str) -> None:
    outside = {found.target for found in of_room(room) if not found.own}
    assert not outside & IMPURE
    assert outside <= sys.stdlib_module_names | PURE[room]


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_leans_only_on_pure_rooms(room: str) -> None:
    assert not [str(found) for found in of_room(room) if found.own and found.target not in PURE]


def test_the_integration_names_its_own_modules_relatively() -> None:
    """As a custom integration it is imported under a name that is not its own to choose."""
    assert not [str(found) for found in ALL_IMPORTS if found.target == "custom_components"]


@pytest.mark.parametrize("path", [pytest.param(p, id=".".join(parts)) for p, parts in modules()])
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def is_hass_data(node: ast.AST) -> bool:
    """Tell whether an expression is ``hass.data`` of any ``hass``."""
    if not isinstance(node, ast.Attribute) or node.attr != "data":
        return False
    owner = node.value
    return (isinstance(owner, ast.Name) and owner.id == "hass") or (
        isinstance(owner, ast.Attribute) and owner.attr in {"hass", "_hass"}
    )


def makes_a_container(node: ast.expr | None) -> bool:
    """Tell whether an expression makes an empty container, as for things yet to come."""
    match node:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in {"dict", "list", "set", "deque", "defaultdict", "Counter", "WeakSet"}
    return False


@pytest.mark.parametrize("path", [pytest.param(p, id=".".join(parts)) for p, parts in modules()])
def test_nothing_lives_outside_the_hub(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert not [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and is_hass_data(node)
    ]
    assert not [
        node.lineno
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and makes_a_container(node.value)
    ]


# The eyes of the tests above.


@pytest.mark.parametrize(
    ("line", "module", "expected"),
    [
        ("from ..watch.clock import Instant", ("dialects", "route"), {"watch"}),
        ("from .route import Flaw", ("dialects", "payload"), {"dialects"}),
        ("from . import custom", ("dialects", "table"), {"dialects"}),
        ("from .. import const, hub", ("intake", "mqtt"), {"const", "hub"}),
        ("from .dialects import custom", ("hub",), {"dialects"}),
        ("from . import sensor", ("hub",), {"door"}),
        ("from .hub import Hub", (), {"hub"}),
        ("import os.path, homeassistant.core", ("hub",), {"os", "homeassistant"}),
        ("from homeassistant.core import callback", ("hub",), {"homeassistant"}),
    ],
)
def test_an_import_is_recognised(line: str, module: tuple[str, ...], expected: set[str]) -> None:
    [(statement, for_types)] = imports_in(ast.parse(line))
    assert {found.target for found in targets(statement, module)} == expected
    assert not for_types


def test_an_import_is_recognised_wherever_it_stands() -> None:
    code = """
def f():
    try:
        import a
    except ImportError:
        from . import b
if TYPE_CHECKING:
    import c
"""
    found = [for_types for _, for_types in imports_in(ast.parse(code))]
    assert found == [False, False, True]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hass.data['x'] = 1", True),
        ("self.hass.data.setdefault('x', {})", True),
        ("entry.data['x']", False),
    ],
)
def test_the_data_of_home_assistant_is_recognised(line: str, expected: bool) -> None:
    assert any(is_hass_data(node) for node in ast.walk(ast.parse(line))) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{}", True),
        ("[]", True),
        ("defaultdict(list)", True),
        ("{1: 2}", False),
        ("frozenset()", False),
        ("table.copy()", False),
    ],
)
def test_an_empty_container_is_recognised(value: str, expected: bool) -> None:
    assert makes_a_container(ast.parse(value, mode="eval").body) is expected
