"""Gemini requests against google-genai: first against its types, strictly, then by letting the SDK itself make the request.

The SDK is given what the body says, in its own terms, and a transport that sends nothing: what it would have sent has to
be the body again. So a field that it would refuse, move or name differently is found, too.
"""
import base64
import json
import typing

import httpx
import pydantic
from google import genai
from google.genai import types
from strict import Checker, at

# The fields of a GenerateContentRequest; the SDK has no type for it, since it takes them apart.
REQUEST = {
    "contents": (list[types.Content], True),
    "systemInstruction": (types.Content, False),
    "tools": (list[types.Tool], False),
    "toolConfig": (types.ToolConfig, False),
    "safetySettings": (list[types.SafetySetting], False),
    "generationConfig": (types.GenerationConfig, False),
    "cachedContent": (str, False),
    "labels": (dict[str, str], False),
    "serviceTier": (str, False),
}
# The SDK sends parts of a request in Python's spelling, which the API takes as well.
SPELLINGS = {
    name: field.alias
    for kind in vars(types).values() if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)
    for name, field in kind.model_fields.items() if field.alias
}
BYTES = ("data", "thoughtSignature")


SENT = []


def answer(request):
    SENT.append(request)
    return httpx.Response(200, json={"candidates": []})


CLIENT = genai.Client(
    api_key="key",
    http_options=types.HttpOptions(httpx_client=httpx.Client(transport=httpx.MockTransport(answer))),
)


def problems(path, body):
    checker = Checker(models=True)
    found = checker.fields(body, "GenerateContentRequest", REQUEST, "")
    found += required(body) if not found else []
    return found or again(path, body)


def required(body):
    """What the reference calls required, and the SDK's types do not."""
    found = []
    for index, content in enumerate(body["contents"]):
        place = f"contents[{index}]"
        if content.get("role") not in ("user", "model"):
            found.append((at(place, "role"), f"is {content.get('role')!r}, should be 'user' or 'model'"))
        if not content.get("parts"):
            found.append((at(place, "parts"), "is missing or empty"))
        for number, part in enumerate(content.get("parts") or []):
            found += one_kind(part, f"{place}.parts[{number}]")
    return found


def one_kind(part, place):
    """`data` is a union field of Part: exactly one of these may be there."""
    kinds = [kind for kind in ("text", "inlineData", "fileData", "functionCall", "functionResponse") if kind in part]
    if len(kinds) != 1:
        return [(place, f"should be of one kind, is {kinds}")]
    needs = {"inlineData": ("mimeType", "data"), "functionCall": ("name",), "functionResponse": ("name", "response")}
    kind = kinds[0]
    return [(f"{place}.{kind}.{name}", "is missing") for name in needs.get(kind, ()) if part[kind].get(name) is None]


def again(path, body):
    """What is different when the SDK makes the request from the same parts."""
    SENT.clear()
    model = path.split("models/")[-1].split(":")[0]
    try:
        for _ in CLIENT.models.generate_content_stream(model=model, contents=contents(body), config=config(body)):
            pass
    except (ValueError, TypeError) as cause:
        return [("", f"is refused by the SDK: {cause}")]
    made = json.loads(SENT[0].content)
    if canonical(made) == canonical(body):
        return []
    return [("", f"is made differently by the SDK: {difference(canonical(made), canonical(body), '')}")]


def contents(body):
    return [types.Content.model_validate_json(json.dumps(content)) for content in body["contents"]]


def config(body):
    """The SDK has one flat configuration, of which `generationConfig` is a part."""
    fields = {name: value for name, value in body.items() if name not in ("contents", "generationConfig")}
    fields |= body.get("generationConfig", {})
    return types.GenerateContentConfig.model_validate_json(json.dumps(fields))


def canonical(value, name=""):
    """Two spellings of the same: base64 in either alphabet, and the words of enums in either case."""
    if isinstance(value, dict):
        return {SPELLINGS.get(key, key): canonical(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical(item, name) for item in value]
    if name in BYTES and isinstance(value, str):
        return base64.b64decode(value.replace("-", "+").replace("_", "/")).hex()
    if name in ("type", "mode", "thinkingLevel") and isinstance(value, str):
        return value.upper()
    return value


def difference(made, body, path) -> typing.Optional[str]:
    if isinstance(made, dict) and isinstance(body, dict):
        for key in [*made, *body]:
            if made.get(key) != body.get(key):
                return difference(made.get(key), body.get(key), at(path, key))
    if isinstance(made, list) and isinstance(body, list) and len(made) == len(body):
        for index, (one, other) in enumerate(zip(made, body)):
            if one != other:
                return difference(one, other, f"{path}[{index}]")
    return f"{path} is {json.dumps(made)[:120]} there and {json.dumps(body)[:120]} here"
