import type { Pool, PoolClient, QueryConfig } from "pg";
import { isConflictOfTransactions } from "./errors.ts";

/** Sends one statement to PostgreSQL and gives back what the driver says. */
export type RunQuery = (query: QueryConfig) => Promise<{ rows: object[]; rowCount: number | null }>;

const ATTEMPTS = 3;

/** Runs `work` between BEGIN and COMMIT; see `Database.transaction` in `sql.ts` for what that promises. */
export async function runInTransaction<T>(pool: Pool, work: (run: RunQuery) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withClient(pool, isBroken, (client) => attemptTransaction(client, work));
    } catch (error) {
      if (!isConflictOfTransactions(error) || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
    }
  }
}

async function attemptTransaction<T>(client: PoolClient, work: (run: RunQuery) => Promise<T>): Promise<T> {
  let open = true;
  const run: RunQuery = async (query) => {
    if (!open) throw new Error(`This transaction has ended; it cannot run: ${query.text}`);
    return client.query(query);
  };
  try {
    await client.query("BEGIN");
    const result = await work(run);
    open = false;
    const { command } = await client.query("COMMIT");
    // PostgreSQL answers COMMIT with ROLLBACK when a statement failed and its error was swallowed.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back, because a statement in it had failed.");
    return result;
  } catch (error) {
    open = false;
    await rollBack(client, error);
    throw error;
  }
}

/** Leaves the connection clean, or throws an error that says it is not. */
async function rollBack(client: PoolClient, cause: unknown): Promise<void> {
  try {
    await client.query("ROLLBACK");
  } catch {
    throw new BrokenConnection(cause);
  }
}

class BrokenConnection extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super("The connection broke in a transaction.");
    this.cause = cause;
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof BrokenConnection;
}

/** Lends a connection to `work`; closes it instead of giving it back when `breaks` says so of an error. */
export async function withClient<T>(
  pool: Pool,
  breaks: (error: unknown) => boolean,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(breaks(error)); // a broken one is closed, so that nobody gets another's half transaction
    throw error instanceof BrokenConnection ? error.cause : error;
  }
}
