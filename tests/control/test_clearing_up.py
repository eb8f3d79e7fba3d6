"""PostgreSQL clears up what grows before much of it is dead, however large it is."""

import pytest
from sqlalchemy import text

from crawler.store.models.base import Base

FEW_ROWS = {  # or small ones that are never changed: what PostgreSQL does by default is early enough
    *("budgets", "answers", "beats", "nodes", "schedulers", "leaders", "link_totals", "run_totals"),
    *("walls", "tries", "usage", "logins", "api_tokens", "campaigns", "own_columns"),
    *("closed_months", "closed_placements", "reopenings"),
    *("exports", "export_pieces", "imports", "import_chunks"),
}
LARGE = 10**9
MOST_DEAD = 0.011 * LARGE


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_grows_is_cleared_up_before_a_fiftieth_is_dead(engine):
    of_tables = "relkind = 'r' AND relnamespace = 'public'::regnamespace"
    tables = text(f"SELECT relname, reloptions FROM pg_class WHERE {of_tables}")
    with engine.connect() as connection:
        options = {name: dict(each.split("=") for each in given or ()) for name, given in connection.execute(tables)}
    for name in Base.metadata.tables.keys() - FEW_ROWS:
        of_all = float(options[name].get("autovacuum_vacuum_scale_factor", 0.2))
        assert of_all * LARGE + int(options[name].get("autovacuum_vacuum_threshold", 50)) <= MOST_DEAD, name
        assert float(options[name].get("autovacuum_analyze_scale_factor", 0.1)) <= 0.02, name
    assert {name: given["fillfactor"] for name, given in options.items() if "fillfactor" in given} == {
        "links": "60",
        "posts": "60",
        "runs": "70",
    }
    assert options["parts"]["autovacuum_vacuum_scale_factor"] == "0"
