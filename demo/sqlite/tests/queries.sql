CREATE TABLE planet (name TEXT PRIMARY KEY, moons INTEGER, kind TEXT);
INSERT INTO planet VALUES ('Mercury', 0, 'rock'), ('Venus', 0, 'rock'), ('Earth', 1, 'rock'), ('Mars', 2, 'rock'),
  ('Jupiter', 95, 'gas'), ('Saturn', 146, 'gas'), ('Uranus', 28, 'ice'), ('Neptune', 16, 'ice');
SELECT kind, count(*), sum(moons) FROM planet GROUP BY kind ORDER BY kind;
SELECT name, rank() OVER (PARTITION BY kind ORDER BY moons DESC) FROM planet ORDER BY kind, 2, name;
WITH RECURSIVE fibonacci(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fibonacci LIMIT 10)
SELECT group_concat(a, ' ') FROM fibonacci;
SELECT a.name, b.name FROM planet a JOIN planet b ON a.moons = b.moons AND a.name < b.name;
