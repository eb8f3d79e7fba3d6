"""A form as it was sent: the values of its fields, and what is wrong with each."""

from dataclasses import dataclass, field
from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from control.errors import ApiError, Later
from control.pages import frame
from control.web import words

Model = TypeVar("Model", bound=BaseModel)
FIELDS = {"username_taken": "username", "token_name_taken": "name"}  # the field of an error that names none
PASSWORDS = {
    "password",
    "again",
    "current_password",
    "account_password",
    "make_password",
    "change_password",
}  # never shown again


@dataclass
class Form:
    """`values` are shown again, but never passwords. `errors` are texts by field; the empty field is the whole form."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def shown(self, name: str) -> str:
        return "" if name in PASSWORDS else self[name]

    def wrong(self, name: str, key: str, status: int = 422, **given: object) -> "Form":
        self.errors.setdefault(name, frame.say(key, **given))
        self.status = status
        return self

    def refused(self, error: ApiError) -> "Form":
        """Note why the form was refused, in the reader's language, at the field that the error is about."""
        name = error.errors[0].field.partition(".")[0] if error.errors else FIELDS.get(error.code, "")
        if isinstance(error, Later):
            left = words.span(frame.language(), int(error.headers["Retry-After"]))
            return self.wrong("", f"errors.{error.code}", int(error.status), left=left)
        if error.code == "wrong_password":
            name = next((each for each in self.values if each.endswith("_password")), "")
        return self.wrong(name if name in self.values else "", f"errors.{error.code}", int(error.status))

    def invalid(self, error: ValidationError) -> "Form":
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            name = str(each["loc"][0]) if each["loc"] else ""
            kind = "missing" if not self[name].strip() else "invalid"
            key = f"errors.{kind}_{name}"
            self.wrong(name, key if words.has(frame.language(), key) else f"errors.{kind}")
        return self


def sent(*names: str) -> Form:
    """Read these fields of the form."""
    return Form({name: request.form.get(name, "") for name in names})
