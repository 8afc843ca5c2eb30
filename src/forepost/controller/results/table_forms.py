"""How the document of the API names answers that are tables as well as JSON."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema

from forepost.controller.results.csv_rows import MEDIA_TYPE

NDJSON = "application/x-ndjson"


@dataclass
class TableOperation(Operation):
    """Answers with CSV, too, where `format` asks for it."""

    def __post_init__(self) -> None:
        self._also(MEDIA_TYPE)

    def _also(self, media_type: str) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
            answer.content = {**answer.content, media_type: text}


@dataclass
class ExportOperation(TableOperation):
    """And with a line for each row."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._also(NDJSON)
