CREATE TABLE job (id INTEGER PRIMARY KEY, pool INTEGER, score REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
INSERT INTO job SELECT i, i % 7, (i * 7919) % 20011 FROM n;
CREATE INDEX job_order ON job (pool, score);
SELECT pool, count(*), min(score), max(score) FROM job GROUP BY pool;
DELETE FROM job WHERE pool < 5;
SELECT count(*) FROM job;
