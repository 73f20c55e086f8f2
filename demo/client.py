"""A client of a Home Assistant that speaks as its web page does: HTTP for flows, WebSocket else."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

_ANSWER_SECONDS = 30.0

type Json = Any


class ApiError(Exception):
    """Home Assistant refused a request; the text is what it said."""


@dataclass(slots=True)
class FlowForm:
    """One step of a set-up flow as Home Assistant describes it."""

    flow_id: str
    result: dict[str, Json]

    @property
    def step(self) -> str:
        """The id of the step, or the type of a result that is no step."""
        return str(self.result.get("step_id") or self.result["type"])


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer that is no JSON: its HTTP status, the type of its body, and the body."""

    status: int
    kind: str
    body: bytes


class Client:
    """One signed-in user. Use it as an asynchronous context manager."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Know where and who; nothing is sent before the context is entered."""
        self.url = url
        self._user = user
        self._password = password
        self._client_id = f"{url}/"
        self._session: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse
        self._reading: asyncio.Task[None]
        self._ids = 0
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._listeners: dict[int, Callable[[Json], None]] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Sign in, being the first user where there is none yet."""
        async with AsyncExitStack() as stack:
            self._session = await stack.enter_async_context(aiohttp.ClientSession())
            code = await self._onboard() or await self._log_in()
            token = await self._token(code)
            self._session.headers["Authorization"] = f"Bearer {token}"
            self._socket = await stack.enter_async_context(
                self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
            )
            await self._socket.receive_json()
            await self._socket.send_json({"type": "auth", "access_token": token})
            answer = await self._socket.receive_json()
            if answer["type"] != "auth_ok":
                raise ApiError(str(answer))
            self._reading = asyncio.create_task(self._read())
            stack.push_async_callback(self._stop_reading)
            self._open = stack.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self._open.__aexit__(exc_type, exc, traceback)

    # HTTP

    async def request(self, method: str, path: str, body: Json = None) -> Json:
        """Send an HTTP request under ``/api/`` and return its JSON. Raises ApiError on refusal."""
        async with self._session.request(method, f"{self.url}/api/{path}", json=body) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise ApiError(f"{method} {path}: {response.status} {await response.text()}")
            return await response.json()

    async def start_flow(self, kind: str, body: Mapping[str, Json]) -> FlowForm:
        """Start a flow: ``kind`` is its path under ``/api/``, such as ``config/.../flow``."""
        result = await self.request("POST", kind, dict(body))
        return FlowForm(result.get("flow_id", ""), result)

    async def submit(self, kind: str, form: FlowForm, answers: Mapping[str, Json]) -> FlowForm:
        """Answer one step of a flow, and return the next."""
        result = await self.request("POST", f"{kind}/{form.flow_id}", dict(answers))
        return FlowForm(form.flow_id, result)

    async def look(self, kind: str, form: FlowForm) -> FlowForm:
        """Ask what a flow that shows progress shows now."""
        return FlowForm(form.flow_id, await self.request("GET", f"{kind}/{form.flow_id}"))

    async def fetch(
        self, path: str, *, signed_in: bool = True, span: tuple[int, int] | None = None
    ) -> Fetched:
        """Get what is at a path, signed in or as a stranger; of its bytes those of ``span``, if any."""
        headers = {} if span is None else {"Range": f"bytes={span[0]}-{span[1]}"}
        async with AsyncExitStack() as stack:
            session = self._session
            if not signed_in:
                session = await stack.enter_async_context(aiohttp.ClientSession())
            answer = await stack.enter_async_context(
                session.get(f"{self.url}{path}", headers=headers)
            )
            return Fetched(answer.status, answer.content_type, await answer.read())

    # WebSocket

    async def command(
        self, command: str, *, answer_seconds: float = _ANSWER_SECONDS, **arguments: Json
    ) -> Json:
        """Send a WebSocket command and return its result. Raises ApiError on refusal."""
        self._ids += 1
        answer = self._answers[self._ids] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._ids, "type": command, **arguments})
        async with asyncio.timeout(answer_seconds):
            return await answer

    async def subscribe(
        self, listener: Callable[[Json], None], command: str, **arguments: Json
    ) -> None:
        """Send a WebSocket command that goes on telling, and give all it tells to ``listener``."""
        self._listeners[self._ids + 1] = listener
        await self.command(command, **arguments)

    async def act(self, action: str, entity_id: str, **data: Json) -> None:
        """Call an action of Home Assistant on an entity."""
        domain, service = action.split(".")
        await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            target={"entity_id": entity_id},
        )

    async def ask(self, action: str, **data: Json) -> Json:
        """Call an action of Home Assistant that answers, and return its answer."""
        domain, service = action.split(".")
        called = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            return_response=True,
        )
        return called["response"]

    async def health(self, domain: str) -> Json:
        """What an integration says of its health."""
        told: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

        def hear(event: Json) -> None:
            if event["type"] == "initial":
                told.set_result(event["data"][domain]["info"])

        await self.subscribe(hear, "system_health/info")
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await told

    async def _read(self) -> None:
        async for message in self._socket:
            told = message.json()
            if told["type"] == "event":
                self._listeners[told["id"]](told["event"])
            elif told["type"] == "result":
                answer = self._answers.pop(told["id"])
                if told["success"]:
                    answer.set_result(told["result"])
                else:
                    answer.set_exception(ApiError(str(told["error"])))

    async def _stop_reading(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    # Signing in

    async def _onboard(self) -> str | None:
        """Make the first user; None where there is one."""
        async with self._session.get(f"{self.url}/api/onboarding") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None  # all is done, and nothing is told of it any more
            steps = {step["step"]: step["done"] for step in await response.json()}
        if steps["user"]:
            return None
        made = await self._post_public(
            "api/onboarding/users",
            {
                "client_id": self._client_id,
                "name": self._user,
                "username": self._user,
                "password": self._password,
                "language": "en",
            },
        )
        return str(made["auth_code"])

    async def _log_in(self) -> str:
        flow = await self._post_public(
            "auth/login_flow",
            {
                "client_id": self._client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": self._client_id,
            },
        )
        done = await self._post_public(
            f"auth/login_flow/{flow['flow_id']}",
            {
                "client_id": self._client_id,
                "username": self._user,
                "password": self._password,
            },
        )
        if done["type"] != "create_entry":
            raise ApiError(str(done))
        return str(done["result"])

    async def _token(self, code: str) -> str:
        form = {"client_id": self._client_id, "grant_type": "authorization_code", "code": code}
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            return str((await response.json())["access_token"])

    async def _post_public(self, path: str, body: Json) -> Json:
        async with self._session.post(f"{self.url}/{path}", json=body) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise ApiError(f"{path}: {response.status} {await response.text()}")
            return await response.json()
