"""Reads `hospital.yaml` and `systems/*.yaml`; every problem is named by file, line and field."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.portfolio.agreement import DisagreementError
from aiops_pipelines.portfolio.hospital import Hospital, Portfolio
from aiops_pipelines.portfolio.model import IN_WORDS, known_keys
from aiops_pipelines.portfolio.system import System

ModelT = TypeVar("ModelT", bound=BaseModel)


class _AsWritten(RoundTripConstructor):
    """Leaves dates to the fields that hold them, which name a day that does not exist."""


_AsWritten.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


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
    files = sorted(
        file for file in (folder / "systems").glob("*") if file.suffix in {".yaml", ".yml"}
    )
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
    reader = YAML(typ="rt")
    reader.Constructor = _AsWritten
    try:
        tree = reader.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, (f"{file}:{line}: not valid YAML: {error.problem}",)
    except (YAMLError, ValueError, RecursionError) as error:
        return None, (f"{file}:1: not valid YAML: {str(error).splitlines()[0]}",)
    if not isinstance(tree, dict):
        return None, (f"{file}:1: must be a mapping of fields, is {type(tree).__name__}",)
    try:
        return model.model_validate(tree), ()
    except ValidationError as error:
        issues = error.errors()
        return None, tuple(told for issue in issues for told in _problems(file, tree, issue))


def _problems(file: str, tree: Any, issue: ErrorDetails) -> Iterator[str]:
    error = issue.get("ctx", {}).get("error")
    if isinstance(error, DisagreementError):
        for found in error.disagreements:
            yield _told(file, tree, (*issue["loc"], *found.where), found.words)
    else:
        location = _location(tree, issue)
        yield _told(file, tree, location, _words(location, issue))


def _told(file: str, tree: Any, location: Sequence[int | str], words: str) -> str:
    field = ".".join(map(str, location)) or "(whole file)"
    return f"{file}:{_line(tree, location)}: {field}: {words}"


def _words(location: Sequence[int | str], issue: ErrorDetails) -> str:
    """Return what is wrong in words that say what to write instead."""
    context = issue.get("ctx", {})
    if issue["type"].startswith("union_tag"):
        return f"Input should be one of {context.get('expected_tags', 'the kinds')}"
    if issue["type"] == "extra_forbidden":
        near = get_close_matches(str(location[-1]), known_keys(), n=1)
        return f"unknown key; did you mean `{near[0]}`?" if near else "unknown key"
    if issue["type"] == "string_pattern_mismatch" and context.get("pattern") in IN_WORDS:
        return f"should be {IN_WORDS[context['pattern']]}"
    return issue["msg"].removeprefix("Value error, ")


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
