"""The built panel: its one page, at every address that is the panel's own, and its assets."""

import logging
from pathlib import Path, PurePath
from typing import Final

from litestar import MediaType, Router, get, head
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath
from litestar.response import File
from litestar.static_files import create_static_files_router

from forepost.controller.access.guard import PUBLIC, needs

STATIC: Final = Path(__file__).parents[1] / "static"
WITHIN: Final = ("/w", "/shared")
"""What all addresses of the panel but `/` begin with, and no route of REST."""
ASKED_AGAIN: Final = CacheControlHeader(no_cache=True)
KEPT_FOR_GOOD: Final = CacheControlHeader(public=True, max_age=31_536_000, immutable=True)
"""The names of assets carry a hash of their content; the page that names them does not."""

_log = logging.getLogger(__name__)


def routers() -> list[Router]:
    if not STATIC.is_dir():
        _log.warning("the panel is not built: there is no %s", STATIC)
        return []
    files = (
        ("/", STATIC, True, ASKED_AGAIN),
        ("/assets", STATIC / "assets", False, KEPT_FOR_GOOD),
    )
    return [
        *map(_pages, WITHIN),
        *(
            create_static_files_router(
                path=path,
                directories=[folder],
                html_mode=html,
                cache_control=cache,
                opt=needs(PUBLIC),
                include_in_schema=False,
            )
            for path, folder, html, cache in files
        ),
    ]


def _pages(within: str) -> Router:
    """What stands where, and that something stands nowhere, the page itself knows."""

    def page() -> File:
        return File(
            STATIC / "index.html", media_type=MediaType.HTML, content_disposition_type="inline"
        )

    @get("/{place:path}", cache_control=ASKED_AGAIN)
    async def get_page(place: FromPath[PurePath]) -> File:
        return page()

    @head("/{place:path}", cache_control=ASKED_AGAIN)
    async def head_page(place: FromPath[PurePath]) -> File:
        return page()

    return Router(
        within, route_handlers=[get_page, head_page], opt=needs(PUBLIC), include_in_schema=False
    )
