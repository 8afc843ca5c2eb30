"""What a subject brings into the controller, and how it is built."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from litestar import Router

from forepost.controller.asgi import Asgi
from forepost.controller.fleet.given import Document
from forepost.controller.fleet.talks import Talk
from forepost.controller.joins.documents import ShownDocument
from forepost.controller.joins.metrics import Figure
from forepost.controller.pipeline import Follower

Service = Callable[[], Awaitable[Any]]
"""Runs for ever; one that fails is begun anew (kit/tasks.py)."""


class WantedDocument(Document, ShownDocument, Protocol):
    """A document that agents are given, and that the overview of a workspace shows."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A subject, or a part of the house, ready to be joined to the others."""

    routers: Sequence[Router] = ()
    sockets: Mapping[str, Asgi] = {}
    """WebSockets, by path."""
    services: Mapping[str, Service] = {}
    followers: Sequence[Follower] = ()
    """Of results that are committed, in the order of the subjects."""
    documents: Sequence[WantedDocument] = ()
    talks: Sequence[Talk] = ()
    figures: Sequence[Figure] = ()
    """For Prometheus."""
    forget: Callable[[datetime], Awaitable[None]] | None = None
    """Drop what is too old at this time; called every hour or so."""
    flush: Callable[[], Awaitable[None]] | None = None
    """Keep what is only in RAM; called once, at the end."""
