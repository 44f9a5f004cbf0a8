"""Bodies of OTLP/HTTP in JSON, against the messages of `opentelemetry-proto`.

Its JSON is protobuf's but for ids, which are hex and not base64: they are checked here, and turned, before protobuf reads the body.
Protobuf takes a name in either of two spellings and a number as text or not; what is sent is the spelling of OTLP alone.
"""
import base64

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def turned(value, path, found):
    if isinstance(value, list):
        return [turned(one, f"{path}[{index}]", found) for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    fresh = {}
    for name, one in value.items():
        here = f"{path}.{name}" if path else name
        if "_" in name:
            found.append((here, "is not in lowerCamelCase"))
        if name in IDS:
            try:
                raw = bytes.fromhex(one)
            except (TypeError, ValueError):
                found.append((here, "is no hex"))
                continue
            if len(raw) != IDS[name] or not any(raw):
                found.append((here, f"has not {IDS[name]} bytes, or only zeros"))
            fresh[name] = base64.b64encode(raw).decode()
        else:
            if name in ("kind", "code") and not (isinstance(one, int) and not isinstance(one, bool)):
                found.append((here, "is an enum, and no number"))
            if name in ("intValue", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano") and not isinstance(one, str):
                found.append((here, "has 64 bits, and is no text"))
            fresh[name] = turned(one, here, found)
    return fresh


def problems(_path, body):
    found = []
    body = turned(body, "", found)
    try:
        request = json_format.ParseDict(body, ExportTraceServiceRequest())
    except json_format.ParseError as cause:
        return found + [("", str(cause))]
    spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
    ids = {(span.trace_id, span.span_id) for span in spans}
    if len(ids) != len(spans) or not spans:
        found.append(("resourceSpans", "holds no spans, or two with one id"))
    for span in spans:
        if not span.trace_id or not span.span_id or not span.name:
            found.append((span.name, "lacks a traceId, a spanId or a name"))
        if span.kind == Span.SPAN_KIND_UNSPECIFIED or span.kind not in Span.SpanKind.values():
            found.append((span.name, "is of no known kind"))
        if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
            found.append((span.name, "ends before it begins"))
        if span.parent_span_id and (span.trace_id, span.parent_span_id) not in ids:
            found.append((span.name, "has a parent that is not there"))
        keys = [attribute.key for attribute in span.attributes]
        if len(keys) != len(set(keys)) or "" in keys:
            found.append((span.name, "has an attribute twice, or without a name"))
        if any(attribute.value.WhichOneof("value") is None for attribute in span.attributes):
            found.append((span.name, "has an attribute without a value"))
    return found
