"""Contrast, computed from the style's own colours in both schemes (WCAG 2.2, 1.4.3: at least 4.5 to 1)."""

import re

import pytest

from assay.web.pages import style

CARDS = ("paper", "card")
PAIRS = [
    *(
        (ink, ground)
        for ink in ("ink", "soft", "link", "good", "bad", "open", "none", "gold")
        for ground in CARDS
    ),
    *((name, f"{name}-bg") for name in ("good", "bad", "open", "none")),
    *((ink, "open-bg") for ink in ("ink", "soft", "link")),
]
"""Every text colour with every ground it stands on; the last row is a table row that a link led to."""
LIGHT, DARK = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)[:2]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(scheme: str, ink: str, ground: str) -> None:
    found = colours(LIGHT if scheme == "light" else DARK)
    assert contrast(found[ink], found[ground]) >= 4.5


def test_both_schemes_name_the_same_colours_and_no_rule_names_another() -> None:
    assert colours(LIGHT).keys() == colours(DARK).keys()
    rules = style().replace(LIGHT, "").replace(DARK, "")
    assert not re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", rules)
    assert set(re.findall(r"var\(--([a-z-]+)\)", rules)) <= colours(LIGHT).keys()


def test_every_text_colour_is_among_the_pairs() -> None:
    rules = style().replace(LIGHT, "").replace(DARK, "")
    inks = set(re.findall(r"(?<![a-z-])color: var\(--([a-z-]+)\)", rules))
    grounds = set(re.findall(r"background: var\(--([a-z-]+)\)", rules))
    assert inks <= {ink for ink, _ in PAIRS}
    assert grounds <= {ground for _, ground in PAIRS}


def test_nothing_is_loaded_from_anywhere() -> None:
    assert "url(" not in style()
    assert "@import" not in style()
    assert "<" not in style()
    assert "\n\n" not in style()
