-- A concurrent build blocks no writes and runs outside a transaction: each statement has a record of its own.
CREATE INDEX CONCURRENTLY cities_by_population ON cities (population DESC);
CREATE INDEX CONCURRENTLY cities_by_country ON cities (country, name);
