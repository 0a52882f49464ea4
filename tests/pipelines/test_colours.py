"""Colours of figures: those of the reports, for light and dark, and tellable apart by people who are colour-blind."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from healthscore.pipelines.colours import STYLE, Theme, colours

DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""Of linear RGB, complete; Machado, Oliveira and Fernandes (2009)."""
TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
]
"""Ottosson (2020): equal distances look about equally far."""
THEMES: tuple[Theme, ...] = ("light", "dark")


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    seen = [np.array(TO_OKLAB) @ np.cbrt(np.array(TO_LMS) @ np.clip(colour, 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_they_are_those_of_the_style_sheet() -> None:
    assert colours("light")["--risk"] == "#b3400d"
    assert colours("dark")["--risk"] == "#ff9166"
    assert colours("light").keys() == colours("dark").keys()
    for colour in (colours(theme)["--accent"] for theme in THEMES):
        assert f"--accent: {colour};" in STYLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", THEMES)
def test_they_stand_out_from_their_ground(theme: Theme) -> None:
    shown = colours(theme)
    assert min(contrast(shown[name], shown["--surface"]) for name in ("--ink", "--muted")) >= 4.5
    assert min(contrast(shown[f"--{name}"], shown["--surface"]) for name in ("accent", "risk", "caution", "good")) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_tones_look_different_to_people_who_are_colour_blind(theme: Theme, kind: str) -> None:
    tones = [np.array(DEFICIENCIES[kind]) @ linear(colours(theme)[f"--{tone}"]) for tone in ("risk", "caution", "good")]
    apart = [distance(one, other) for one, other in combinations(tones, 2)]
    assert min(apart) > 0.05, "0.02 is just noticeable"
