"""How the pack's figures were made, and which files they were read from."""

import hashlib
from collections.abc import Iterator

from aiops_pipelines.evaluation.provenance import code_identity
from aiops_pipelines.portfolio import Clause
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.blocks import sparse_rows
from aiops_pipelines.reports.evidence.gather import ClauseEvidence
from aiops_pipelines.reports.quarterly.layout import Section, Table

HASH = 32

_OF_RATES = (
    ("Interval of a rate", "Wilson (1927); Clopper & Pearson (1934), never too short"),
    (
        "Sequential test (alarm)",
        "e-detector of Shiryaev-Roberts form: Shin, Ramdas & Rinaldo (2023)",
    ),
    (
        "Confidence sequence, proof over the period",
        "beta-binomial mixture: Howard, Ramdas, McAuliffe & Sekhon (2021); the proof looks at one "
        "side only, so it can stand a little before the sequence leaves the limit",
    ),
)
_ALWAYS = (
    ("AUROC from cases", "DeLong, DeLong & Clarke-Pearson (1988); clustered: Obuchowski (1997)"),
    ("Day of change", "change point with its posterior over days; see the methods document"),
    ("Parts of a change", "Cai, Namkoong & Yadlowsky (2023)"),
    ("Gaps and claims", "MOVER: Zou & Donner (2008); two proportions: Newcombe (1998)"),
    ("Small counts", "under 11 not shown, nor what would let them be worked out"),
)
_PARTIAL = (
    "Verification in part",
    "a verified miss is weighted by 1 / audited share; idea of Begg & Greenes (1983)",
)


def methods_section(pack: ClauseEvidence) -> Section:
    """Return the methods behind the pack's figures with their sources."""
    rows = [("The ledger's estimate", pack.row.method)]
    if pack.counted is not None:
        rows += _OF_RATES
    if isinstance(pack.clause, Clause) and pack.system.truth.scheme == "partial":
        rows.append(_PARTIAL)
    return Section(
        id="methods",
        title="Appendix A: methods",
        tables=(
            Table(
                "Methods and their sources",
                ("What", "How"),
                (*rows, *_ALWAYS),
                widths=("34%", "66%"),
            ),
        ),
    )


def lineage_section(pack: ClauseEvidence) -> Section:
    """Return the rows and files the pack was read from, with their hashes."""
    hashes = [each.sha256 for each in pack.row_hashes]
    chained = hashlib.sha256("".join(hashes).encode()).hexdigest()
    first, last = pack.rows[0].night, pack.rows[-1].night
    nights = wording.plural(len(hashes), "night")
    return Section(
        id="lineage",
        title="Appendix B: data lineage",
        paragraphs=(
            "The evidence ledger is appended to and never rewritten: a row a night, a file a row. "
            f"{nights} from {wording.day_text(first)} to {wording.day_text(last)}; SHA-256 over "
            f"all their hashes in order: {chained[:HASH]}. Hashes are the first half of SHA-256.",
            f"Software that made this pack: {code_identity()}; "
            f"that made the night's figures: {_codes(pack)}.",
        ),
        tables=(
            Table(
                "Rows of the ledger that this pack shows",
                ("File", "SHA-256, first half"),
                tuple(_ledger(pack)),
                widths=("55%", "45%"),
            ),
            Table(
                "Files of the lake of this night",
                ("File", "SHA-256, first half"),
                tuple((_name(each.path), each.sha256[:HASH]) for each in pack.files),
                widths=("55%", "45%"),
            ),
        ),
    )


def _ledger(pack: ClauseEvidence) -> Iterator[tuple[str, str]]:
    drawn = {each.night for each in sparse_rows(pack.rows)} if pack.counted else set()
    for row, record in zip(pack.rows, pack.row_hashes, strict=True):
        if row.night in drawn or row is pack.rows[-1]:
            yield _name(record.path), record.sha256[:HASH]


def _name(path: str) -> str:
    return path.removesuffix(".parquet")


def _codes(pack: ClauseEvidence) -> str:
    return wording.listed(sorted({each.code for each in pack.sla if each.code})) or "not recorded"
