"""Amazon's event streams: `parse` reads bytes with botocore, `make` writes them after the specification.

`parse`: `{"hex"}` to `{"events": […]}`, each as botocore's parser of ConverseStream gives it, an exception as `{"exception": code,
"message"}`; or to `{"why"}`. `make`: `{"messages": [{"headers", "payload"}]}` to `{"hex"}`.
"""
import base64
import json
import struct
import sys
import zlib

import botocore.session
from botocore.eventstream import EventStream, ParserError
from botocore.exceptions import EventStreamError
from botocore.parsers import create_parser

OPERATION = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("ConverseStream")
SHAPE = OPERATION.get_event_stream_output()


class Stream:
    """As urllib3 would give it, in small pieces."""

    def __init__(self, data):
        self.data = data

    def stream(self):
        for start in range(0, len(self.data), 7):
            yield self.data[start:start + 7]


def parse(line):
    parser = create_parser(OPERATION.service_model.metadata["protocol"])._event_stream_parser
    events = []
    try:
        for event in EventStream(Stream(bytes.fromhex(line["hex"])), SHAPE, parser, "ConverseStream"):
            events.append(plain(event))
    except EventStreamError as exception:
        error = exception.response["Error"]
        events.append({"exception": error["Code"], "message": error["Message"]})
    except ParserError as cause:
        return {"why": f"{type(cause).__name__}: {cause}"}
    return {"events": events}


def plain(value):
    """Bytes as they were in the JSON."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def make(line):
    return {"hex": b"".join(message(each["headers"], each["payload"].encode()) for each in line["messages"]).hex()}


def message(headers, payload):
    """Lengths, their checksum, headers of type 7 (text), payload, checksum of all."""
    encoded = b"".join(header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return body + struct.pack(">I", zlib.crc32(body))


def header(name, value):
    return struct.pack(">B", len(name)) + name + struct.pack(">BH", 7, len(value)) + value


ANSWER = {"parse": parse, "make": make}[sys.argv[1]]
for each in map(json.loads, sys.stdin):
    print(json.dumps(ANSWER(each)))
