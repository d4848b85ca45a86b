"""The rules at the door: what a file, a row or a cell must be, under the name quarantine gives it.

`FILE_RULES` refuse a whole file, `CELL_RULES` only empty one cell and keep its row, all others
refuse one row. A row is refused once, by the first rule it breaks, so that rows kept and rows
refused add up to the rows of the file. `EXPECTED_RULES` are refusals that say nothing against the
feed: a row repeated word for word, a case for which the feed declares that no score was made, and
what the hospital itself replaced or took back.
"""

from enum import StrEnum


class Rule(StrEnum):
    """Every rule of the feeds."""

    EMPTY_FILE = "empty file"
    COLUMN_NOT_IN_HEADER = "column not in the header (wrong delimiter?)"
    COLUMN_TWICE = "column twice in the header"
    NOT_UTF8 = "not UTF-8 text"
    NOT_CSV = "not readable as CSV"
    NOT_PARQUET = "not readable as Parquet (truncated?)"
    NOT_GZIP = "not readable as gzip (truncated?)"
    NOT_A_VALUE = "column holds lists or records, not values"
    NOT_FHIR = "not FHIR R4 in JSON (truncated?)"
    XML = "XML is not read, only FHIR in JSON"
    NO_RESOURCE = "no resource of the type and `where` of the feed"
    NOT_HL7 = "not HL7 v2 messages"
    NOT_DICOM = "not readable as DICOM (truncated, or another transfer syntax?)"
    DEFLATED = "DICOM deflated as a whole is not read"
    NOT_SR = "not a DICOM structured report"
    ZIP = "zip archives are not read, only gzip"
    BOMB = "unpacks to more than is allowed"
    TOO_LARGE = "larger than is allowed"
    SAME_FILE_TWICE = "same content as another file of the day"
    REPLACED_FILE = "replaced by a later file of the day"

    NOT_JSON = "not readable as JSON"
    NOT_A_RESOURCE = "not a valid FHIR R4 resource"
    RETRACTED = "entered in error or cancelled"
    NOT_A_MESSAGE = "not readable as an HL7 v2 message"
    NOT_ORU = "not an ORU^R01 message"
    NO_RESULT = "no order (OBR) or finding in it"
    SEVERAL_VALUES = "several values for one column"
    CELL_TOO_LONG = "a cell of more than 10,000 characters"
    RAGGED = "wrong number of cells in the row"
    HIDDEN_ROWS = "quoted line breaks that may hide rows"
    CASE_MISSING = "case_id missing"
    NOT_SCORED = "no score was computed"
    SCORE_MISSING = "score missing"
    SCORE_NOT_A_NUMBER = "score not a number"
    SCORE_OUT_OF_BOUNDS = "score out of bounds"
    UNKNOWN_CLASS = "unknown class"
    TIME_MISSING = "time missing"
    TIME_UNREADABLE = "time unreadable"
    NOT_ON_ITS_DAY = "prediction not on the day of its file (time zone?)"
    RECEIVED_BEFORE_PREDICTED = "received before predicted"
    RECEIVED_AFTER_FILE = "received after the day of its file"
    LABEL_MISSING = "label value missing"
    LABEL_NOT_ALLOWED = "label value not allowed"
    UNKNOWN_EVENT = "unknown service event"
    SECONDS_NOT_A_NUMBER = "latency without a number of seconds"
    NOT_A_TICKET = "ticket without a plain number"
    REVISION_NOT_WHOLE = "revision not a whole number"
    DUPLICATE = "duplicate row"
    REPLACED = "replaced by a later file's row"
    CONFLICTING_CASE = "conflicting duplicate case"
    CONFLICTING_LABEL = "conflicting duplicate label"

    FEATURE_NOT_A_NUMBER = "feature not a number, taken as missing"
    DECIDED_UNREADABLE = "decision time unreadable, taken as missing"
    FORMULA = "text begins like a spreadsheet formula, taken as missing"


FILE_RULES = frozenset(
    {
        Rule.EMPTY_FILE,
        Rule.COLUMN_NOT_IN_HEADER,
        Rule.COLUMN_TWICE,
        Rule.NOT_UTF8,
        Rule.NOT_CSV,
        Rule.NOT_PARQUET,
        Rule.NOT_GZIP,
        Rule.NOT_A_VALUE,
        Rule.NOT_FHIR,
        Rule.XML,
        Rule.NO_RESOURCE,
        Rule.NOT_HL7,
        Rule.NOT_DICOM,
        Rule.DEFLATED,
        Rule.NOT_SR,
        Rule.ZIP,
        Rule.BOMB,
        Rule.TOO_LARGE,
        Rule.SAME_FILE_TWICE,
        Rule.REPLACED_FILE,
    }
)
CELL_RULES = frozenset({Rule.FEATURE_NOT_A_NUMBER, Rule.DECIDED_UNREADABLE, Rule.FORMULA})
EXPECTED_RULES = frozenset(
    {Rule.NOT_SCORED, Rule.DUPLICATE, Rule.RETRACTED, Rule.REPLACED, Rule.REPLACED_FILE}
)
