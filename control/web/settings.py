"""The settings of the app that answers."""

from flask import current_app

from control.settings import SETTINGS, Settings


def settings() -> Settings:
    found: Settings = current_app.config[SETTINGS]
    return found
