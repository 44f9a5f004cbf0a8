"""Converse requests against Bedrock's service model as botocore ships it, by botocore's validator and serializer.

botocore takes parameters and makes a request, so a body is read back into parameters first: strictly, since botocore itself
looks neither at enums nor at patterns, and into lists only where their members have constraints. Made from these again,
path and body have to be what they were.
"""
import json
import re
from urllib.parse import unquote

import botocore.session
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from strict import at, decoded

OPERATION = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("ConverseStream")
SHAPE = OPERATION.input_shape
SCALARS = {"string": (str,), "integer": (int,), "long": (int,), "float": (int, float), "double": (int, float), "boolean": (bool,)}


def problems(path, body):
    found = []
    parameters = structure(body, SHAPE, "", found, body_only=True)
    model = re.search(r"/model/([^/]+)/converse-stream$", path)
    if not model:
        return [("path", f"is {path!r}, should end in /model/MODEL/converse-stream")]
    if found:
        return found
    parameters["modelId"] = unquote(model.group(1))
    report = ParamValidator().validate(parameters, SHAPE)
    if report.has_errors():
        return [("", report.generate_report().replace("\n", "; "))]
    made = create_serializer(OPERATION.service_model.metadata["protocol"]).serialize_to_request(parameters, OPERATION)
    if made["url_path"] != model.group(0):
        return [("path", f"is {model.group(0)!r}, botocore makes {made['url_path']!r}")]
    if json.loads(made["body"]) != body:
        return [("", f"is made differently by botocore: {made['body']!r:.400}")]
    return []


def parameter(value, shape, path, found):
    """The value as botocore wants it; what is wrong with it goes to `found`."""
    kind = shape.type_name
    if kind == "structure" and shape.is_document_type:
        return value
    if kind == "structure":
        return structure(value, shape, path, found)
    if kind == "list":
        if not isinstance(value, list):
            found.append((path, "should be a list"))
            return value
        return [parameter(item, shape.member, f"{path}[{index}]", found) for index, item in enumerate(value)]
    if kind == "map":
        if not isinstance(value, dict):
            found.append((path, "should be an object"))
            return value
        return {key: parameter(item, shape.value, at(path, key), found) for key, item in value.items()}
    if kind == "blob":
        return blob(value, path, found)
    scalar(value, shape, path, found)
    return value


def structure(value, shape, path, found, body_only=False):
    if not isinstance(value, dict):
        found.append((path, f"should be an object ({shape.name})"))
        return value
    names = {
        member.serialization.get("name", name): name
        for name, member in shape.members.items()
        if not (body_only and member.serialization.get("location"))
    }
    made = {}
    for field, item in value.items():
        if field not in names:
            found.append((at(path, field), f"is no field of {shape.name}"))
        else:
            made[names[field]] = parameter(item, shape.members[names[field]], at(path, field), found)
    return made


def blob(value, path, found):
    made = decoded(value)
    if made is None:
        found.append((path, "should be bytes in base64"))
    return made or b""


def scalar(value, shape, path, found):
    kinds = SCALARS[shape.type_name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        found.append((path, f"is {value!r:.60}, should be of type {shape.type_name}"))
    elif shape.type_name == "string":
        text(value, shape, path, found)


def text(value, shape, path, found):
    """botocore's model loader drops patterns and maxima from what it validates, not from the metadata."""
    allowed, pattern, longest = shape.enum, shape.metadata.get("pattern"), shape.metadata.get("max")
    if allowed and value not in allowed:
        found.append((path, f"is {value!r}, should be one of {', '.join(allowed)}"))
    if pattern and not re.fullmatch(pattern, value):
        found.append((path, f"is {value!r:.80}, which does not match {pattern}"))
    if longest and len(value) > longest:
        found.append((path, f"is longer than {longest}"))
