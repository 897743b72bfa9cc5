"""What every command gets: settings and AWS clients."""

from dataclasses import dataclass, field

import typer

from lakehouse.aws import Aws
from lakehouse.settings import Settings


@dataclass(frozen=True)
class Toolbox:
    """Created once by the command line and passed to commands as the context's object."""

    settings: Settings
    aws: Aws = field(default_factory=Aws)


def toolbox_of(context: typer.Context) -> Toolbox:
    """Return the toolbox in a command's context."""
    toolbox = context.obj
    if not isinstance(toolbox, Toolbox):
        raise TypeError("the command was started without a toolbox")
    return toolbox
