DROP TABLE cities;
DROP TABLE countries;
