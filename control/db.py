"""The API's engine, one for the process. Views take short connections of it; `crawler.database.writing` writes."""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from crawler.database import database_url, tune
from crawler.models import Base

db = SQLAlchemy(metadata=Base.metadata)


def connect(app: Flask) -> None:
    """Bind the app to the shared database. A commit of the API is a promise, so it waits for the disk."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True, "pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        tune(db.engine, "FULL")
