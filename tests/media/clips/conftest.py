"""Films are made once: that takes longer than all that is done with them."""

import pytest

from .film import FFMPEG, Film, has_encoder, make_film
from .studio import Studio


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="needs an ffmpeg that can encode H.264")
    if FFMPEG and has_encoder("libx264"):
        return
    for item in items:
        if "tests/media/clips" in item.path.as_posix():
            item.add_marker(skip)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """More than two minutes."""
    return make_film(tmp_path_factory.mktemp("film"), 150)


@pytest.fixture
async def studio(tmp_path, socket_enabled):
    """A recorder with one camera."""
    made = Studio(tmp_path / "clips")
    await made.recorder.start()
    made.add()
    yield made
    await made.recorder.stop()
