"""Classifies agreements by the names of their types, by the very rules that the tables are made with."""

from __future__ import annotations

from typing import NamedTuple

from connectwise_etl import _native


class AgreementClass(NamedTuple):
    """Class of an agreement type."""

    #: The normalized type, as in gold's ``agreementTypeNormalized``.
    agreement_type: str
    #: How it is billed, as in gold's ``billingBehavior``.
    billing_behavior: str


def classify_agreement_type(name: str | None) -> AgreementClass:
    """Classifies an agreement type by its name.

    Args:
        name: The name, such as ``Tímapottur: 10 tímar``. None is a record without an agreement.

    Returns:
        The normalized type and the billing behavior. A name that no rule knows is ``("other", "unknown")``.

    Example:
        >>> classify_agreement_type("Tímapottur: 10 tímar")
        AgreementClass(agreement_type='prepaid_hours', billing_behavior='prepaid')
        >>> agreement_type, billing_behavior = classify_agreement_type("Innri verkefni")
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name is of the type {type(name).__name__}: a text or None is expected")
    return AgreementClass(*_native.classify(name or ""))
