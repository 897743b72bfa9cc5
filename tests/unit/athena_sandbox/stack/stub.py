"""A part for tests: answers /health on a port, and misbehaves on demand.

python stub.py PORT [--fail] [--unhealthy] [--closed] [--write] [--deaf] [--helper] [--after SECONDS]
    [--needs PORT]
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--fail", action="store_true", help="end with a complaint")
parser.add_argument("--unhealthy", action="store_true", help="answer 503")
parser.add_argument("--closed", action="store_true", help="answer 403 without a bearer token")
parser.add_argument("--write", action="store_true", help="make a file in the working directory")
parser.add_argument("--deaf", action="store_true", help="ignore SIGTERM")
parser.add_argument("--helper", action="store_true", help="start a process that outlives this one")
parser.add_argument("--after", type=float, default=0.0, help="listen only after so many seconds")
parser.add_argument("--needs", type=int, help="end unless something listens there")
arguments = parser.parse_args()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        refused = arguments.closed and not self.headers.get("Authorization", "").startswith("Bearer LOCAL")
        self.send_response(503 if arguments.unhealthy else 403 if refused else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *values: object) -> None:
        pass


for number in range(30):
    print(f"line {number} of pid {os.getpid()}")
if arguments.fail:
    sys.exit("stub: failing as told")
if arguments.write:
    Path("written").touch()
if arguments.needs:
    socket.create_connection(("127.0.0.1", arguments.needs), timeout=1).close()
if arguments.deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if arguments.helper:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
# Nothing of a test may outlive it for long, even if it fails.
threading.Timer(120, lambda: os._exit(9)).start()
time.sleep(arguments.after)
HTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()
