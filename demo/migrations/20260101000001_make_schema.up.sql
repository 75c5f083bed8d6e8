-- Countries and their cities.
CREATE TABLE countries (
  code char(2) PRIMARY KEY,
  name text NOT NULL,
  region text NOT NULL,
  area double precision
);

CREATE TABLE cities (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  country char(2) NOT NULL REFERENCES countries (code),
  admin_code text NOT NULL,
  feature_code text NOT NULL,
  population bigint NOT NULL CHECK (population >= 0),
  longitude double precision NOT NULL,
  latitude double precision NOT NULL
);
