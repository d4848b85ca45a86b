"""The appendix: how figures were made, and which files of the lake they came from."""

from collections.abc import Sequence

from aiops_pipelines.lake import FileRecord
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter
from aiops_pipelines.reports.quarterly.layout import Section, Table


def methods_section(systems: Sequence[SystemQuarter]) -> Section:
    """Return the estimator and interval of every kind of figure in this report."""
    rows = sorted(
        {
            (area.value, wording.metric_title(figure.metric), figure.estimand, figure.method)
            for each in systems
            for area in Area
            for figure in each.areas[area].figures
        }
    )
    return Section(
        id="methods",
        title="Appendix A: methods",
        paragraphs=(
            "Every figure is a window's sum of daily counts, with the interval named here. "
            "Measured figures rest on days whose labels are mature by the system's own rule. "
            "Evidence against a limit is an e-value: if the system kept its limit, it would ever "
            "exceed 20 with a probability of at most 5%, however often one looks.",
        ),
        tables=(
            Table(
                "How each figure was made",
                ("Area", "Figure", "Kind", "Estimator and interval"),
                tuple(rows),
                widths=("16%", "30%", "14%", "40%"),
            ),
        ),
    )


def lineage_section(quarter: Quarter, files: Sequence[tuple[str, FileRecord]]) -> Section:
    """Return the files behind each system's last night, with their hashes."""
    rows = tuple(
        (record.path.removesuffix(".parquet"), f"{record.rows:,}", record.sha256[:32])
        for _, record in files
    )
    return Section(
        id="lineage",
        title="Appendix B: data lineage",
        paragraphs=(
            f"Figures of {quarter.name} as known at the end of "
            f"{wording.day_text(quarter.known_by)}. These files of the lake (Parquet) hold the "
            "last evaluated night of each system and area; the hash is the first half of the "
            "file's SHA-256.",
        ),
        tables=(
            Table(
                "Files of the lake: table, system, day",
                ("File", "Rows", "SHA-256, first half"),
                rows,
                frozenset({1}),
                ("52%", "10%", "38%"),
            ),
        ),
    )
