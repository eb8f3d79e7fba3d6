"""The database as requests see it: the crawler's schema, a session a request."""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from crawler import database
from crawler.models import Base

db = SQLAlchemy(metadata=Base.metadata)


def init(app: Flask) -> None:
    """Bind the app to the one database. What the API has answered for must survive a power cut, hence FULL."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database.database_url()
    db.init_app(app)
    with app.app_context():
        database.tune(db.engine, "FULL")
