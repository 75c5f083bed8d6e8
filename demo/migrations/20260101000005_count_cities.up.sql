ALTER TABLE countries ADD COLUMN city_count integer NOT NULL DEFAULT 0;

UPDATE countries SET city_count = counted.cities
  FROM (SELECT country, count(*) AS cities FROM cities GROUP BY country) AS counted
 WHERE counted.country = countries.code;
