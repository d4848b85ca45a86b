"""Reads `hospital.yaml` and `systems/*.yaml`; every problem is named by file, line and field."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio.hospital import Hospital, Portfolio
from aiops_pipelines.portfolio.system import System

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_hospital(folder: Path) -> Hospital:
    """Return the hospital in `folder`; raise PortfolioError naming file, line and field."""
    if not (folder / "hospital.yaml").is_file():
        raise PortfolioError(
            f"{folder}: no hospital.yaml here; set AIOPS_PORTFOLIO to the portfolio's folder"
        )
    problems: list[str] = []
    hospital = _read(folder / "hospital.yaml", Hospital, problems)
    if hospital is None:
        raise PortfolioError("\n".join(problems))
    return hospital


def read_portfolio(folder: Path) -> Portfolio:
    """Return the portfolio in `folder` with the systems that are valid.

    What is wrong with the others stands in `problems`, so that one broken file stops its own
    system and no other.

    Raises:
        PortfolioError: hospital.yaml is missing or wrong, so nothing can run.
    """
    hospital = load_hospital(folder)
    problems: list[str] = []
    files = sorted((folder / "systems").glob("*.yaml"))
    if not files:
        problems.append(f"{folder / 'systems'}: holds no system; add one YAML a system")
    found: dict[str, tuple[Path, System]] = {}
    for file in files:
        system = _read(file, System, problems)
        if system is None:
            continue
        if system.id in found:
            other = found[system.id][0].name
            problems.append(f"{file}:1: id: {system.id!r} is already used by {other}")
            continue
        found[system.id] = (file, system)
    systems = tuple(found[system_id][1] for system_id in sorted(found))
    return Portfolio(hospital=hospital, systems=systems, problems=tuple(problems))


def load_portfolio(folder: Path) -> Portfolio:
    """Return the portfolio in `folder`, which must be valid as a whole.

    Raises:
        PortfolioError: all problems of all files at once, one a line, `file:line: field: what`.
    """
    portfolio = read_portfolio(folder)
    if portfolio.problems:
        raise PortfolioError("\n".join(portfolio.problems))
    return portfolio


def _read(file: Path, model: type[ModelT], problems: list[str]) -> ModelT | None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file}:1: can't be read: {error}")
        return None
    record, found = _parsed(str(file), text, model)
    problems.extend(found)
    return record


@lru_cache(maxsize=1024)
def _parsed(file: str, text: str, model: type[ModelT]) -> tuple[ModelT | None, tuple[str, ...]]:
    """Return the record in `text`, or what is wrong with it; the same text is parsed once."""
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, (f"{file}:{line}: not valid YAML: {error.problem}",)
    if not isinstance(tree, dict):
        return None, (f"{file}:1: must be a mapping of fields, is {type(tree).__name__}",)
    try:
        return model.model_validate(tree), ()
    except ValidationError as error:
        return None, tuple(_problem(file, tree, issue) for issue in error.errors())


def _problem(file: str, tree: Any, issue: ErrorDetails) -> str:
    location = _location(tree, issue)
    words = issue["msg"].removeprefix("Value error, ")
    if issue["type"].startswith("union_tag"):
        words = f"Input should be one of {issue.get('ctx', {}).get('expected_tags', 'the kinds')}"
    field = ".".join(map(str, location)) or "(whole file)"
    return f"{file}:{_line(tree, location)}: {field}: {words}"


def _location(tree: Any, issue: ErrorDetails) -> tuple[int | str, ...]:
    """Return where the issue is, without the kinds that pydantic names among the fields."""
    location: list[int | str] = []
    node = tree
    for part in issue["loc"]:
        if isinstance(node, dict) and part not in node and node.get("kind") == part:
            continue
        location.append(part)
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            node = None
    if issue["type"].startswith("union_tag"):
        location.append("kind")
    return tuple(location)


def _line(tree: Any, location: Sequence[int | str]) -> int:
    """Return the 1-based line of `location` in a round-trip YAML tree, or of its nearest parent."""
    line = 1
    node = tree
    for part in location:
        marks = getattr(getattr(node, "lc", None), "data", None)
        if not marks or part not in marks:
            break
        line = marks[part][0] + 1
        node = node[part]
    return line
