"""The API's engine, one for the process. Views take connections from it for short reads and write by
`crawler.store.database.writing`.
"""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from control.accounts import api_processes
from control.monitoring.database_trouble import DatabaseTrouble
from crawler.store.database import database_url, tune
from crawler.store.models.base import Base

CONNECTIONS = 20  # one for each thread of the API, so that no read waits until a write gives one back
TROUBLE = "database trouble"  # its key among the app's extensions

db = SQLAlchemy(metadata=Base.metadata)


def connect(app: Flask) -> None:
    """Bind the app to the shared database. A commit of the API is a promise to the client, so it waits for the disk."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True, "pool_pre_ping": True, "pool_size": CONNECTIONS}
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            api_processes.introduce(db.engine)
        app.extensions[TROUBLE] = DatabaseTrouble(tune(db.engine, "FULL"))
