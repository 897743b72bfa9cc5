"""What the storage part's server loads: `hypercorn athena_sandbox.gateway.asgi:app`.

Environment:
    STORAGE_FORWARDS    JSON object of AWS service name to the address of the part that answers for it
"""

import json
import os

from ministack.app import app as ministack

from athena_sandbox.gateway.forward import Forwarder
from athena_sandbox.s3tables.app import StorageApp
from athena_sandbox.s3tables.state import save_state

app = Forwarder(StorageApp(ministack, save_state), json.loads(os.environ.get("STORAGE_FORWARDS", "{}")))
