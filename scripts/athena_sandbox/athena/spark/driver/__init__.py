"""The code that runs in a session's own process. `main.py` is started by its path: it and what it imports
from this folder know nothing of the rest of the package, so that a calculation can't reach into the service.
"""
