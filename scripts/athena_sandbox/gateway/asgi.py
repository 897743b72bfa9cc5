"""The application of the storage part's server: `hypercorn athena_sandbox.gateway.asgi:app`.

Environment:

    S3_DATA_DIR         where ministack keeps objects
    STORAGE_FORWARDS    JSON object: the address of the part that answers for an AWS service, by service name
    and the variables of `athena_sandbox.wire.keys`
"""

import json
import os
from pathlib import Path

from ministack.app import app as ministack

from athena_sandbox.gateway.allow_list import AllowList, confine_ministack
from athena_sandbox.gateway.disk import DiskGuard
from athena_sandbox.gateway.durability import bytes_of_open_uploads, keep_what_is_acknowledged
from athena_sandbox.gateway.forward import Forwarder
from athena_sandbox.s3tables.app import StorageApp
from athena_sandbox.s3tables.state import save_state
from athena_sandbox.wire.access import AccessCheck
from athena_sandbox.wire.keys import required_key

confine_ministack()
_forwards = json.loads(os.environ.get("STORAGE_FORWARDS", "{}"))
_objects = Path(os.environ["S3_DATA_DIR"])
keep_what_is_acknowledged(_objects)
_storage = DiskGuard(StorageApp(ministack, save_state), _objects, promised=bytes_of_open_uploads)
app = AccessCheck(Forwarder(AllowList(_storage), _forwards), required_key(), "s3")
