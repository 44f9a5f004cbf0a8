"""Signs requests as botocore does, at a given time: lines of `method`, `url`, `headers`, `body`, `key`, `secret`, `token`, `region`,
`service` and `time` (2026-11-21T12:00:00Z) become lines of the headers that it sends, names in lower case.
"""
import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(line):
    now = datetime.datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%SZ")
    botocore.auth.get_current_datetime = lambda *_, **__: now
    request = AWSRequest(method=line["method"], url=line["url"], headers=line["headers"], data=line["body"].encode())
    credentials = Credentials(line["key"], line["secret"], line.get("token"))
    botocore.auth.SigV4Auth(credentials, line["service"], line["region"]).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


for each in map(json.loads, sys.stdin):
    print(json.dumps(signed(each)))
