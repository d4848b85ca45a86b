"""Results of an AI system as hospitals send them: FHIR R4, HL7 v2 and DICOM SR."""

import io
import json
from typing import Any

import highdicom as hd
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

AT = "2025-03-04T12:00:00Z"
PROBABILITY = ("111047", "DCM", "Probability of cancer")
TRACKED = ("125007", "DCM")


def risk_assessment(case: str, risk: float, **changes: Any) -> dict[str, Any]:
    """Return a RiskAssessment with two predictions, of sepsis (`risk`) and of death."""
    return {
        "resourceType": "RiskAssessment",
        "id": case,
        "status": "final",
        "subject": {"reference": f"Patient/p-{case}"},
        "occurrenceDateTime": AT,
        "method": {"coding": [{"system": "urn:hospital:models", "code": "v3"}]},
        "prediction": [
            {"outcome": {"coding": [{"code": "sepsis"}]}, "probabilityDecimal": risk},
            {"outcome": {"coding": [{"code": "death"}]}, "probabilityDecimal": 0.99},
        ],
        **changes,
    }


def observation(case: str, code: str, value: float | bool, **changes: Any) -> dict[str, Any]:
    """Return an Observation of `value` that concerns the case."""
    kind = (
        {"valueBoolean": value} if isinstance(value, bool) else {"valueQuantity": {"value": value}}
    )
    return {
        "resourceType": "Observation",
        "id": f"o-{case}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "identifier": [{"system": "urn:case", "value": case}],
        "effectiveDateTime": AT,
        **kind,
        **changes,
    }


FHIR_RISK = {
    "kind": "fhir",
    "path": "risk/predictions/{day}-*",
    "resource": "RiskAssessment",
    "columns": {
        "case_id": "id",
        "patient_id": "subject.reference",
        "predicted_at": "occurrenceDateTime",
        "version": "method.coding.code",
        "score": "prediction.where(outcome.coding.code = 'sepsis').probabilityDecimal",
    },
}


def ndjson(*resources: dict[str, Any]) -> str:
    """Return the resources as a bulk export gives them."""
    return "".join(json.dumps(resource) + "\n" for resource in resources)


def bundle(*resources: dict[str, Any], indent: int | None = 2) -> str:
    """Return the resources as a Bundle."""
    entries = [{"resource": resource} for resource in resources]
    tree = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(tree, indent=indent)


def oru(case: str, *scores: str, status: str = "F", kind: str = "ORU^R01") -> str:
    """Return an ORU^R01 message with an order, its score and the model's version."""
    lines = [
        f"MSH|^~\\&|AI|RAD|DESK|HOSP|20250304060100-0600||{kind}|m-{case}|P|2.5.1",
        f"PID|1||p-{case}^^^HOSP^MR||Doe^Jane",
        f"ORC|RE|{case}",
        f"OBR|1|{case}^AI|f-{case}|ICH^Haemorrhage^L|||20250304060000-0600",
    ]
    for number, score in enumerate(scores, start=1):
        lines.append(f"OBX|{number}|NM|AI-ICH^AI score^L||{score}|1|||||{status}|||20250304")
    lines.append("OBX|9|ST|AI-VER^AI version^L||5.0||||||F")
    return "\r".join(lines) + "\r"


HL7_RISK = {
    "kind": "hl7v2",
    "path": "risk/predictions/{day}-*",
    "time_zone": "America/Chicago",
    "columns": {
        "case_id": "OBR-2.1",
        "patient_id": "PID-3.1",
        "predicted_at": "OBR-7",
        "version": "OBX[AI-VER]-5",
        "score": "OBX[AI-ICH]-5",
    },
}

SR_RISK = {
    "kind": "dicom-sr",
    "path": "risk/predictions/{day}-*",
    "time_zone": "America/Chicago",
    "columns": {
        "case_id": "AccessionNumber",
        "patient_id": "PatientID",
        "predicted_at": "ContentDate+ContentTime",
        "score": "max(content[111047,DCM])",
    },
}


def _image(case: str) -> Dataset:
    image = Dataset()
    image.PatientID, image.PatientName = f"p-{case}", "Doe^Jane"
    image.PatientBirthDate, image.PatientSex = "19600101", "F"
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    image.SOPInstanceUID, image.SOPClassUID = generate_uid(), "1.2.840.10008.5.1.4.1.1.2"
    image.StudyID, image.StudyDate, image.StudyTime = "1", "20250304", "060000"
    image.AccessionNumber, image.ReferringPhysicianName = case, ""
    image.Modality, image.Rows, image.Columns = "CT", 64, 64
    image.FrameOfReferenceUID = generate_uid()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def measurement_report(case: str, *scores: float) -> Dataset:
    """Return a TID 1500 report by an algorithm: a tracked finding with a probability a score."""
    image = _image(case)
    device = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=generate_uid(), name="nodule-ai"
        ),
    )
    groups = [
        hd.sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(generate_uid(), f"nodule {number}"),
            measurements=[
                hd.sr.Measurement(
                    name=CodedConcept(PROBABILITY[0], PROBABILITY[1], PROBABILITY[2]),
                    value=score,
                    unit=codes.UCUM.NoUnits,
                )
            ],
            source_images=[hd.sr.SourceImageForMeasurementGroup.from_source_image(image)],
        )
        for number, score in enumerate(scores, start=1)
    ]
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=device),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups,
    )
    document = hd.sr.Comprehensive3DSR(
        evidence=[image],
        content=report,
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Vendor",
        is_complete=True,
        is_final=True,
        is_verified=False,
    )
    document.ContentDate, document.ContentTime = "20250304", "060000.5"
    document.AccessionNumber = case
    return document


def cad_report(case: str, *certainties: float) -> Dataset:
    """Return a Chest CAD SR: single image findings with a certainty each (TID 4104)."""
    document = measurement_report(case, 0.5)
    document.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.65"
    document.file_meta.MediaStorageSOPClassUID = document.SOPClassUID
    document.ConceptNameCodeSequence = [_code("112000", "Chest CAD Report")]
    document.ContentSequence = [_finding(certainty) for certainty in certainties]
    return document


def _finding(certainty: float) -> Dataset:
    value, number, finding = Dataset(), Dataset(), Dataset()
    value.NumericValue, value.MeasurementUnitsCodeSequence = certainty, [_code("%", "percent")]
    number.RelationshipType, number.ValueType = "HAS PROPERTIES", "NUM"
    number.ConceptNameCodeSequence = [_code("111012", "Certainty of Finding")]
    number.MeasuredValueSequence = [value]
    finding.RelationshipType, finding.ValueType = "CONTAINS", "CODE"
    finding.ConceptNameCodeSequence = [_code("111059", "Single Image Finding")]
    finding.ConceptCodeSequence = [_code("112142", "Nodule")]
    finding.ContentSequence = [number]
    return finding


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def dicom_bytes(document: Dataset) -> bytes:
    """Return the file of a data set."""
    sink = io.BytesIO()
    document.save_as(sink, enforce_file_format=True)
    return sink.getvalue()
