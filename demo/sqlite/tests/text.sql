CREATE VIRTUAL TABLE note USING fts5(body);
INSERT INTO note VALUES ('The queue is in order'), ('A job waits in the queue'), ('Nothing to see');
SELECT rowid FROM note WHERE note MATCH 'queue' ORDER BY rowid;
SELECT json_extract('{"jobs": [{"state": "queued"}, {"state": "done"}]}', '$.jobs[1].state');
SELECT printf('%05.1f|%x|%s', 3.14159, 255, upper('done')), length('Grüße'), hex('AB');
