"""What OpenAPI has no words for, told to schemathesis: what it needs to make requests that are valid."""

import uuid

import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode

# Left alone, the coverage phase makes no header value with other characters than letters and digits, so that no request
# with an If-Match would come past it.
schemathesis.openapi.format(
    "entity-tags", strategies.sampled_from(["*", '"1"', '"2"', 'W/"1"', '"1", "2"', '"no-version"'])
)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []) if isinstance(operation, dict) else []:
                if parameter.get("name") == "If-Match":
                    parameter["schema"]["format"] = "entity-tags"


@schemathesis.hook
def before_call(context, case, **kwargs):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    # A cursor is authenticated: only one that the service gave is valid, and not beside a page number.
    if case.query and "cursor" in case.query:
        case.query.pop("cursor")
    # A key belongs to one request: with another payload it is refused.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
