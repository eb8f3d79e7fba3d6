"""Readings in one partition for each month, on PostgreSQL: how that is looked at, brought about and kept so."""
