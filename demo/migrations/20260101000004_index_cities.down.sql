DROP INDEX CONCURRENTLY cities_by_country;
DROP INDEX CONCURRENTLY cities_by_population;
