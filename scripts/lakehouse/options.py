"""Options that commands of several groups have, each defined once."""

from pathlib import Path
from typing import Annotated

import typer

Apply = Annotated[
    bool, typer.Option("--apply", help="Apply the changes. Without it the plan is shown, nothing is changed.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ProjectDirectory = Annotated[
    Path, typer.Option("--project-dir", help="Folder that contains dbt_project.yml.", file_okay=False)
]
