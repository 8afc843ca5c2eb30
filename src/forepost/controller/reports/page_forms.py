"""How the document of the API names answers that are pages."""

from dataclasses import dataclass
from typing import Final

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema

from forepost.controller.reports.maker import PDF

HTML: Final = "text/html"


@dataclass
class PageOperation(Operation):
    """Answers with HTML or PDF, as `format` asks for it."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse):
            text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
            answer.content = {HTML: text, PDF: text}
