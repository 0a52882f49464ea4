"""Build hook: compiles the optional library of `healthscore.features.compiled` where there is a C compiler."""

from __future__ import annotations

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILED = "src/healthscore/features/compiled"


class CompiledScan(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own configuration
    """A wheel holds the library and is for this platform, whatever its Python; without a compiler it is for all."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile beside the sources: an editable installation finds the library there, and a wheel packs it."""
        building = runpy.run_path(str(Path(self.root) / COMPILED / "building.py"))
        library = building["build"]()
        if library is None:
            self.app.display_warning("no C compiler (cc, or CC): features are computed by SQL alone, which costs more")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(f"{COMPILED}/{library.name}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
