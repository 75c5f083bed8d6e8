ALTER TABLE countries DROP COLUMN city_count;
