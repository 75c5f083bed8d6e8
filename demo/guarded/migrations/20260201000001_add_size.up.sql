ALTER TABLE cities ADD COLUMN size text;
