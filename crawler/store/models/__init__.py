"""The whole schema, with a file for each subject. Importing any of them loads all, so that the schema is complete."""

from crawler.store.models import (  # noqa: F401 - they put their tables into the metadata
    accounts,
    batches,
    campaigns,
    events,
    exports,
    hosts,
    imports,
    months,
    own_columns,
    posts,
    runs,
    totals,
)
