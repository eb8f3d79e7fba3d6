"""Whole numbers in bodies: JSON knows no integers, so 1.0 is one, while `true` and `"1"` are none."""

from pydantic import BeforeValidator


def whole(value: object) -> object:
    """https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1: any number without a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(whole)  # beside a strict `Field` of an int
