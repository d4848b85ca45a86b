"""Fills the templates: escapes everything, disarms what would deceive, fails on a missing name."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aiops_pipelines.reports.style import LOOKS
from aiops_pipelines.reports.wording import clean, day_text, weekday_text


def render(template: str, **names: Any) -> str:
    """Return the template filled with view models; every plain string in them is escaped."""
    return _environment().get_template(template).render(**names)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aiops_pipelines", "report_templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["LOOKS"] = LOOKS
    environment.globals["css"] = _css
    environment.filters.update(day=day_text, weekday=weekday_text)
    return environment


def _finalize(value: object) -> object:
    if value is None:
        return ""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _css(name: str) -> Markup:
    text = (files("aiops_pipelines") / "report_templates" / name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 (our own file)
