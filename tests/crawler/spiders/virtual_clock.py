"""A database clock that a test can set. Both databases let a function of ours replace their own."""

from sqlalchemy import event

EPOCH = 2440587.5  # 1970 in Julian days
SECONDS_A_DAY = 86_400.0


class VirtualClock:
    """`at` is the time of all connections that `engine` makes from now on."""

    def __init__(self, engine, at):
        self.engine = engine
        self.at = at
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", self._replace_julianday)
        else:
            self._replace_clock_timestamp()
        engine.dispose()

    def advance(self, seconds):
        self.at += seconds
        if self.engine.dialect.name == "postgresql":
            with self.engine.begin() as connection:
                connection.exec_driver_sql(f"UPDATE virtual.clock SET at = {self.at}")

    def _replace_julianday(self, connection, _record):
        connection.create_function("julianday", 1, lambda _now: self.at / SECONDS_A_DAY + EPOCH)

    def _replace_clock_timestamp(self):
        """A schema before pg_catalog, where the server looks first unless told otherwise."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA virtual")
            connection.exec_driver_sql(f"CREATE TABLE virtual.clock AS SELECT {self.at}::double precision AS at")
            connection.exec_driver_sql(
                "CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql"
                " AS 'SELECT to_timestamp(at) FROM virtual.clock'"
            )
        event.listen(self.engine, "connect", self._look_there_first)

    @staticmethod
    def _look_there_first(connection, _record):
        connection.execute("SET search_path = virtual, public, pg_catalog")
        connection.commit()
