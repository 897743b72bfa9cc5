"""What the storage part's server loads: `hypercorn athena_sandbox.s3tables.asgi:app`."""

from ministack.app import app as ministack

from athena_sandbox.s3tables.app import StorageApp
from athena_sandbox.s3tables.state import save_state

app = StorageApp(ministack, save_state)
