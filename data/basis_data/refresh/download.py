"""Download what a publisher serves: with retries, whole, and never an error page in place of data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from basis_engine.base.errors import InputError

TIMEOUT_S = (10, 60)
"""Seconds to connect, and between two bytes."""
RETRIES = 3
TRY_AGAIN = (429, 500, 502, 503, 504)
"""Status codes after which a request is repeated."""
MOST_BYTES = 64 * 2**20
_TOKEN = re.compile(rb'name="_csrf"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Request:
    """One address of a publisher."""

    file: str
    """Name of the raw response in the snapshot."""
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    """Fields to post; None: a plain request."""
    token_page: str = ""
    """Page whose hidden field `_csrf` has to be posted too, if it has one."""


class Downloader:
    """A session with one publisher's servers, or with a server that mirrors their paths."""

    def __init__(self, server: str | None = None, pause_s: float = 0.5) -> None:
        """Open a session; `server` replaces scheme and host of every address, `pause_s` the wait before a retry."""
        try:
            import requests
            from urllib3.util import Retry
        except ImportError:
            raise InputError("refresh: requests is not installed; pip install 'basis-stress[refresh]'") from None
        self.server = server
        self.failures, self.cut_short = requests.RequestException, requests.exceptions.ChunkedEncodingError
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "basis-stress (public data; github.com)"
        retry = Retry(
            total=RETRIES,
            backoff_factor=pause_s,
            status_forcelist=TRY_AGAIN,
            allowed_methods=("GET", "POST"),
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=retry))

    def get(self, request: Request, publisher: str) -> bytes:
        """Return the body of a response.

        Raises
        ------
        InputError
            If the publisher cannot be reached, refuses, answers with a page instead of data, or stops half-way.
        """
        form = None if request.form is None else dict(request.form)
        if form is not None and request.token_page:
            token = _TOKEN.search(self._body("GET", request.token_page, {}, None, publisher)[0])
            form |= {"_csrf": token.group(1).decode("ascii", "replace")} if token else {}
        method = "GET" if form is None else "POST"
        body, kind = self._body(method, request.url, request.parameters, form, publisher)
        if "html" in kind or body.lstrip()[:1] == b"<":
            raise _failed(publisher, request.url, "answered with a web page instead of data")
        if not body.strip():
            raise _failed(publisher, request.url, "answered with nothing")
        return body

    def _body(
        self, method: str, url: str, parameters: Mapping[str, str], form: Mapping[str, str] | None, publisher: str
    ) -> tuple[bytes, str]:
        """Body and content type of a successful response; a body cut short is asked for once more."""
        for last in (False, True):
            try:
                with self.session.request(
                    method, self._address(url), params=dict(parameters), data=form, timeout=TIMEOUT_S, stream=True
                ) as response:
                    if response.status_code != 200:
                        raise _failed(publisher, url, f"answered with status {response.status_code}")
                    body = bytearray()
                    for piece in response.iter_content(2**16):
                        body += piece
                        if len(body) > MOST_BYTES:
                            raise _failed(publisher, url, f"sent more than {MOST_BYTES // 2**20} MB")
                    return bytes(body), response.headers.get("Content-Type", "").lower()
            except self.cut_short:
                if last:
                    raise _failed(publisher, url, "stopped half-way, twice") from None
            except self.failures as problem:
                raise _failed(publisher, url, f"cannot be reached ({type(problem).__name__})") from None
        raise AssertionError("unreachable")

    def _address(self, url: str) -> str:
        """Address on the server that stands in for the publisher's, if any."""
        if self.server is None:
            return url
        there, path = urlsplit(self.server), urlsplit(url)
        return urlunsplit((there.scheme, there.netloc, path.path, path.query, ""))


def _failed(publisher: str, url: str, why: str) -> InputError:
    """Build the sentence for a failed download."""
    return InputError(
        f"refresh, {publisher}: {urlsplit(url).netloc} {why}; nothing was changed: try later, or choose other "
        "sources with --only"
    )
