import type { CheckedServerConfig } from "../../contracts/server-config.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";
import type { ConfigChange } from "./apply-config.ts";

type Repositories = CheckedServerConfig["repositories"];

const WANTED = `
  jsonb_to_recordset($1::jsonb) AS n(repository text, ref text, name text, "basePriority" int, "trustLevel" int,
                                     "isTry" bool, "trustAuthors" bool, "allowMerge" bool)
  JOIN repositories r ON r.name = n.repository`;

/**
 * Writes the branches that differ. A branch is its repository and its ref; the short name is what people call it now. Should another
 * branch hold or have held a wanted name, it gives the name up first, so that names can also be exchanged.
 */
export async function upsertBranches(tx: Sql, repositories: Repositories): Promise<ConfigChange[]> {
  const wanted = rowsOf(repositories);
  await tx.count(
    `UPDATE branches b SET name = left(b.name, 40) || '.was-' || b.id, updated_at = clock_timestamp()
     FROM ${WANTED}
     WHERE b.name = n.name AND (b.repository_id, b.ref) IS DISTINCT FROM (r.id, n.ref)`,
    [wanted],
  );
  return tx.rows<ConfigChange>(
    `INSERT INTO branches AS b (repository_id, ref, name, base_priority, trust_level, is_try, trust_authors, allow_merge)
     SELECT r.id, n.ref, n.name, n."basePriority", n."trustLevel", n."isTry", n."trustAuthors", n."allowMerge"
     FROM ${WANTED}
     WHERE NOT EXISTS (
       SELECT FROM branches o
       WHERE o.repository_id = r.id AND o.ref = n.ref AND o.name = n.name AND o.base_priority = n."basePriority"
         AND o.trust_level = n."trustLevel" AND o.is_try = n."isTry" AND o.trust_authors = n."trustAuthors"
         AND o.allow_merge = n."allowMerge" AND o.removed_at IS NULL
     )
     ORDER BY r.id, n.ref
     ON CONFLICT (repository_id, ref) DO UPDATE SET name = excluded.name, base_priority = excluded.base_priority,
       trust_level = excluded.trust_level, is_try = excluded.is_try, trust_authors = excluded.trust_authors,
       allow_merge = excluded.allow_merge, removed_at = NULL, updated_at = clock_timestamp()
     RETURNING name, CASE WHEN xmax = 0 THEN 'added' ELSE 'changed' END AS change`,
    [wanted],
  );
}

/** Marks the branches that the configuration does not name. */
export function branchesMissing(tx: Sql, repositories: Repositories): Promise<ConfigChange[]> {
  return tx.rows<ConfigChange>(
    `UPDATE branches b SET removed_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE b.removed_at IS NULL AND NOT EXISTS (SELECT FROM ${WANTED} WHERE r.id = b.repository_id AND n.ref = b.ref)
     RETURNING name, 'removed' AS change`,
    [rowsOf(repositories)],
  );
}

function rowsOf(repositories: Repositories): string {
  return toJsonb(
    repositories.flatMap(({ name: repository, branches }) => branches.map((branch) => ({ repository, ...branch }))),
  );
}
