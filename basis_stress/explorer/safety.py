"""Who may ask: this machine only, by a known host name, with the token; and what the page may load: itself."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer."""
LONGEST_QUERY = 4096


def refusal(status: int, sentence: str) -> Response:
    """A refusal in one sentence."""
    return PlainTextResponse(f"{sentence}\n", status, HEADERS)


def guard(token: str, port: int) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """A middleware that lets only GET requests with the token through, addressed to this machine by name."""
    hosts, cookie = {f"127.0.0.1:{port}", f"localhost:{port}"}, f"basis-stress-{port}"

    def same(given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), token.encode())

    async def dispatch(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.headers.get("host", "") not in hosts:
            return refusal(421, "host: allowed are 127.0.0.1 and localhost; open the address that was printed")
        if request.method != "GET":
            answer = refusal(405, f"method: {request.method[:20]} given, allowed is GET")
            answer.headers["Allow"] = "GET"
            return answer
        query = request.scope["query_string"]
        if not query.isascii():
            return refusal(400, "query: holds a byte above 127, allowed are letters and %-escapes; escape it")
        if len(query) > LONGEST_QUERY:
            return refusal(414, f"query: {len(query)} characters given, allowed are {LONGEST_QUERY}")
        if request.headers.get("sec-fetch-site", "none") == "cross-site" and request.url.path != "/":
            return refusal(403, "another site asked; open the address that was printed")
        if same(request.query_params.get("token")):
            rest = request.url.remove_query_params("token")
            entered = RedirectResponse(rest.path + (f"?{rest.query}" if rest.query else ""), 303, HEADERS)
            entered.set_cookie(cookie, token, httponly=True, samesite="strict", path="/")
            return entered
        if not same(request.cookies.get(cookie)):
            return refusal(403, "token: is missing or wrong; open the address that basis-stress explore printed")
        answer = await go_on(request)
        answer.headers.update(HEADERS)
        return answer

    return dispatch
