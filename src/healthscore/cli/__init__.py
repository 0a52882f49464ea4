"""The command line: parse, call one pipeline, print, exit with a code. The only place that prints.

Exit codes: 0 done; 2 bad input, configuration or bundle; 3 the data cannot support what was asked.
"""

from __future__ import annotations

import sys
import warnings

from healthscore.cli.application import application
from healthscore.cli.terminal import complain, warn
from healthscore.errors import HealthScoreError


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console script's entry point."""
    warnings.showwarning = warn
    try:
        application(arguments)
    except HealthScoreError as error:
        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("interrupted; nothing was published")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
