#!/usr/bin/env python3
"""Records the demo on the screen as an asciinema cast: `python3 docs/record.py [PROGRAM] [CAST]`.

A shell on a pseudo-terminal of 80x24 gets the keys below, at the speed of a person; the program, its edits and its commands
are real, its model is the demo's recording. Times in the cast are those of the table, not of the machine, and what differs
from run to run (folder, session, seconds) is replaced by something as wide. Only which frames the program joins may differ.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 80, 24
LETTER = 0.06  # seconds between two letters
FRAME = 0.2  # seconds between two frames of one step
QUIET = 0.5  # seconds without a byte after which a step is over
PATIENCE = 30.0  # seconds that a text is waited for

# What is typed, what then has to be shown, and how long a viewer looks at it.
STEPS = [
    ("agent demo --screen --dir shop\r", "y yes", 4.0),
    ("r", "y accept", 3.0),
    ("y", "", 1.0),
    ("\r", "done ·", 4.0),
    ("/undo\r", "", 2.0),
    ("/redo\r", "", 2.0),
    ("\x0f", "", 2.5),
    ("q", "", 1.0),
    ("/export html\r", "html", 2.5),
    ("\x04", "The folder stays", 2.0),
]

FOLDER = "/home/ada/projects"
SESSION = "01a1fe41-8749-72cc-ae24-2c2b2d362c0e"


def start(program, home):
    """A shell with nothing in its environment but what it needs; gives its process and the terminal."""
    tools = os.path.join(home, ".bin")
    os.mkdir(tools)
    os.symlink(program, os.path.join(tools, "agent"))
    environment = {
        "HOME": home,
        "PATH": tools + ":" + os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "USER": "ada",
        "PS1": "$ ",
    }
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(home)
        os.execve("/bin/sh", ["sh", "-i"], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return process, terminal


def read(terminal, wanted, quiet=QUIET):
    """Everything that comes until `wanted` was there and nothing more comes."""
    seen, deadline = b"", time.monotonic() + PATIENCE
    while True:
        ready, _, _ = select.select([terminal], [], [], quiet)
        if ready:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                return seen
            if not piece:
                return seen
            seen += piece
        elif wanted in plain(seen):
            return seen
        elif time.monotonic() > deadline:
            sys.exit("%r is never shown; the last words were %r" % (wanted, plain(seen)[-300:]))


def plain(seen):
    """The text without what moves the cursor and colours."""
    return re.sub(r"\x1b(\[[0-9;?<>]*[ -/]*[@-~]|\][^\x07]*\x07|.)", "", seen.decode("utf-8", "replace"))


def scrubbed(text, home):
    """What differs from run to run, by something that is as wide."""
    text = text.replace(home, FOLDER)
    identity = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    text = re.sub(identity, SESSION, text)
    text = re.sub(r"(agent resume )[0-9a-f-]{18}", r"\g<1>" + SESSION[:18], text)
    text = re.sub(r"session-[0-9a-f]{8}-[0-9a-f]{4}", "session-" + SESSION[:13], text)
    text = re.sub(r"\b\d\.\d s\b", "1.5 s", text)
    text = re.sub(r"· \d s ·", "· 1 s ·", text)
    return re.sub(r"\b\d+(?= ms\b)", lambda found: "20"[: len(found[0])].ljust(len(found[0]), "0"), text)


def frames(seen):
    """What came in one step, as the frames that the program made of it."""
    return [frame for frame in re.split(r"(?<=\x1b\[\?2026l)", seen) if frame]


def record(program):
    """The lines of the cast: times in seconds, and what was written then."""
    home = os.path.realpath(tempfile.mkdtemp(prefix="demo-", dir="/tmp"))
    if len(home) != len(FOLDER):
        sys.exit("the folder %s is not as wide as %s" % (home, FOLDER))
    process, terminal = start(program, home)
    events, now = [], 0.5
    try:
        events.append((now, read(terminal, "$ ").decode("utf-8")))
        for keys, wanted, look in STEPS:
            now += 0.5
            for letter in keys[:-1]:
                os.write(terminal, letter.encode())
                events.append((now, read(terminal, "", 0.05).decode("utf-8")))
                now += LETTER
            os.write(terminal, keys[-1].encode())
            for frame in frames(read(terminal, wanted).decode("utf-8")):
                events.append((now, frame))
                now += FRAME
            now += look
    finally:
        os.kill(process, signal.SIGHUP)
        os.close(terminal)
        os.waitpid(process, 0)
        shutil.rmtree(home, ignore_errors=True)
    return [(at, scrubbed(seen, home)) for at, seen in events if seen]


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/agent")
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.cast")
    events = record(program)
    title = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "agent demo --screen", "env": {"TERM": "xterm-256color"}}
    lines = [json.dumps(title)] + [json.dumps([round(at, 2), "o", text], ensure_ascii=False) for at, text in events]
    text = "\n".join(lines) + "\n"
    if "/tmp/" in text:
        sys.exit("a path of this machine is in the recording")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)
    print("%s: %d bytes, %.0f seconds" % (out, len(text.encode()), events[-1][0]))


if __name__ == "__main__":
    main()
