"""The arithmetic of a shift: from counts and mean metric by slice and label to additive parts.

Knows two periods' cells (slice x label); hands on the parts of the change of the overall mean,
for many bootstrap replicates at once. Shapes: (..., period, slice, label), period 0 reference,
period 1 current; label has one element where labels are not known.
"""

from dataclasses import dataclass

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of the change, one element a replicate; `overlap` is the slices' shared mass, 0 to 1.

    Where `overlap` is 0 every part but `total` is NaN.
    """

    total: FloatArray
    mix_shared: FloatArray
    prevalence: FloatArray
    concept: FloatArray
    mix_new: FloatArray
    overlap: FloatArray


@dataclass(frozen=True, slots=True)
class ShapleyParts:
    """Each slice's Shapley value for each mechanism, shape (slices,)."""

    mix: FloatArray
    prevalence: FloatArray
    concept: FloatArray


def headline(count: FloatArray, mean: FloatArray) -> Parts:
    """Return the parts over the shared distribution s ~ p q / (p + q) of the slices' mixes p, q.

    The change at the shared mix is split between labels' shares and the metric given the label,
    each at the average of the other, so that neither order is favoured. Source: Cai, Namkoong &
    Yadlowsky (2023).
    """
    mix, label_share, metric = _mechanisms(count, mean)
    p, q = mix[..., 0, :], mix[..., 1, :]
    level = (label_share * metric).sum(-1)
    common = np.divide(p * q, p + q, out=np.zeros_like(p), where=p + q > 0)
    mass = common.sum(-1)
    shared = np.full_like(common, np.nan)
    np.divide(common, mass[..., None], out=shared, where=mass[..., None] > 0)
    more_events, average_share = _change_and_average(label_share)
    worse, average_metric = _change_and_average(metric)
    return Parts(
        total=(q * level[..., 1, :] - p * level[..., 0, :]).sum(-1),
        mix_shared=((shared - p) * level[..., 0, :]).sum(-1),
        prevalence=(shared * (more_events * average_metric).sum(-1)).sum(-1),
        concept=(shared * (average_share * worse).sum(-1)).sum(-1),
        mix_new=((q - shared) * level[..., 1, :]).sum(-1),
        overlap=2 * mass,
    )


def shapley(count: FloatArray, mean: FloatArray) -> ShapleyParts:
    """Return Shapley values, mechanisms as players: the mix, and each slice's label and metric.

    A slice adds mix x label share x metric; for a product of three factors the Shapley value of one
    is its change times the others at weights 1/3 (both old, both new) and 1/6 (one of each). A
    slice's mix is credited for its distance from the overall mean, so that adding a constant to the
    metric moves nothing. Source: Zhang, Singh, Ghassemi & Joshi (2023).
    """
    mix, label_share, metric = _mechanisms(count, mean)
    level = (label_share * metric).sum(-1)
    centre = (mix * level).sum(-1).mean()
    weight = mix[..., None]
    changes = [factor[1] - factor[0] for factor in (mix, label_share, metric)]
    return ShapleyParts(
        mix=changes[0] * (_others(label_share, metric).sum(-1) - centre),
        prevalence=(changes[1] * _others(weight, metric)).sum(-1),
        concept=(changes[2] * _others(weight, label_share)).sum(-1),
    )


def _mechanisms(count: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mix (..., 2, slices), label shares and metric (..., 2, slices, labels).

    What a period has no case for is taken from the other: no evidence of change is no change.
    """
    cases = count.sum(-1)
    mix = cases / cases.sum(-1, keepdims=True)
    share = np.divide(count, cases[..., None], out=np.zeros_like(count), where=cases[..., None] > 0)
    share = np.where(cases[..., None] > 0, share, np.flip(share, axis=-3))
    known = np.where(count > 0, mean, 0.0)
    return mix, share, np.where(count > 0, known, np.flip(known, axis=-3))


def _change_and_average(factor: FloatArray) -> tuple[FloatArray, FloatArray]:
    old, new = factor[..., 0, :, :], factor[..., 1, :, :]
    return new - old, (old + new) / 2


def _others(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the mean of first x second over the orders in which players may have changed."""
    same = first[0] * second[0] + first[1] * second[1]
    crossed = first[0] * second[1] + first[1] * second[0]
    weighted: FloatArray = same / 3 + crossed / 6
    return weighted
