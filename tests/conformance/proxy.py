"""LiteLLM's proxy on a free port of this machine: `proxy.py CONFIG` prints the port once it takes requests.

Ends when its standard input does, so that it never outlives the tests, however these end.
"""
import os
import socket
import sys
import threading

os.environ["CONFIG_FILE_PATH"] = sys.argv[1]
# These come with the package; newer ones would be fetched.
for name in ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "AUTOROUTER_PRESETS", "BLOG_POSTS", "POLICY_TEMPLATES"):
    os.environ[f"LITELLM_LOCAL_{name}"] = "True"


def end_with_the_tests():
    while os.read(0, 1024):
        pass
    os._exit(0)


threading.Thread(target=end_with_the_tests, daemon=True).start()

import uvicorn  # noqa: E402
from litellm.proxy.proxy_server import app  # noqa: E402


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(sockets[0].getsockname()[1], flush=True)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
