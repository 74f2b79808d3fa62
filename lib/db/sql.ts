import { Pool, type PoolConfig, types } from "pg";
import { breaksConnection, toCallerError } from "./errors.ts";
import { type RunQuery, runInTransaction, withClient } from "./transaction.ts";

/** A statement that each connection parses and plans once, because it runs often. The name stands for the text: never reuse it. */
export interface PreparedStatement {
  name: string;
  text: string;
}

/** Runs SQL with `$1`-style values. 64-bit integers arrive as numbers, timestamps as `Date`. */
export interface Sql {
  /** All rows of the result. */
  rows<Row extends object>(statement: string | PreparedStatement, values?: readonly unknown[]): Promise<Row[]>;
  /** The only row; an Error when there are none or several. */
  one<Row extends object>(statement: string | PreparedStatement, values?: readonly unknown[]): Promise<Row>;
  /** The only row, or undefined; an Error when there are several. */
  maybe<Row extends object>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<Row | undefined>;
  /** How many rows were written. */
  count(statement: string | PreparedStatement, values?: readonly unknown[]): Promise<number>;
}

/** The door to PostgreSQL for transactions and hot reads. A database that cannot answer is `SchedulerError("unavailable")`. */
export interface Database extends Sql {
  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits. Any error of `work` rolls back and is thrown on. A deadlock or a
   * serialization failure runs `work` again, three times at most, so it must leave no trace outside the transaction.
   * When the commit's answer is lost, whether it happened is unknown, and `unavailable` is thrown.
   */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  /** Runs `work` on one connection of its own, for what belongs to a session: advisory locks. The connection is closed afterwards. */
  session<T>(work: (session: Sql) => Promise<T>): Promise<T>;
  /** Closes all connections once the work on them has ended. */
  close(): Promise<void>;
}

/** How to connect. Times in milliseconds. */
export interface DatabaseOptions {
  url: string;
  /** Connections at most; 10 by default. */
  max?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  statementTimeoutMs?: number;
  lockTimeoutMs?: number;
  idleInTransactionTimeoutMs?: number;
  /** How long to wait for a free connection, or for a new one. */
  connectionTimeoutMillis?: number;
  /** Told about connections that break while nobody uses them; they are replaced anyway. */
  onConnectionError?: (error: Error) => void;
}

const INT8_OID = 20;
const INT8_ARRAY_OID = 1016;

/** Opens the door; connects when first used. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new Pool(poolConfig(options));
  const report = options.onConnectionError ?? (() => {});
  pool.on("error", report); // an idle connection broke; without a listener this would end the process
  pool.on("connect", (client) => client.on("error", report)); // the same for one that is in use

  const onAnyConnection = sqlOver((query) => withClient(pool, breaksConnection, (client) => client.query(query)));
  return {
    ...onAnyConnection,
    transaction: async (work) => {
      try {
        return await runInTransaction(pool, (run) => work(sqlOver(run)));
      } catch (error) {
        throw toCallerError(error);
      }
    },
    session: (work) => runSession(pool, work),
    close: () => pool.end(),
  };
}

function poolConfig(options: DatabaseOptions): PoolConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5000;
  return {
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.applicationName,
    statement_timeout: statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs ?? 2000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    connectionTimeoutMillis: options.connectionTimeoutMillis ?? 3000,
    query_timeout: statementTimeoutMs + 1000, // for a server that is there but says nothing at all
    keepAlive: true,
    types: { getTypeParser: parserOf },
  };
}

function sqlOver(run: RunQuery): Sql {
  const query = async (statement: string | PreparedStatement, values: readonly unknown[] = []) => {
    try {
      return await run({ ...(typeof statement === "string" ? { text: statement } : statement), values: [...values] });
    } catch (error) {
      throw toCallerError(error);
    }
  };
  const maybe: Sql["maybe"] = async <Row extends object>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ) => {
    const { rows } = await query(statement, values);
    if (rows.length > 1)
      throw new Error(`One row at most was expected, but there are ${rows.length}: ${textOf(statement)}`);
    return rows[0] as Row | undefined;
  };
  return {
    rows: async <Row extends object>(statement: string | PreparedStatement, values?: readonly unknown[]) =>
      (await query(statement, values)).rows as Row[],
    maybe,
    one: async <Row extends object>(statement: string | PreparedStatement, values?: readonly unknown[]) => {
      const row = await maybe<Row>(statement, values);
      if (!row) throw new Error(`One row was expected, but there is none: ${textOf(statement)}`);
      return row;
    },
    count: async (statement, values) => (await query(statement, values)).rowCount ?? 0,
  };
}

async function runSession<T>(pool: Pool, work: (session: Sql) => Promise<T>): Promise<T> {
  try {
    const client = await pool.connect();
    try {
      return await work(sqlOver((query) => client.query(query)));
    } finally {
      client.release(true); // closing it frees every lock it held
    }
  } catch (error) {
    throw toCallerError(error);
  }
}

function parserOf(oid: number, format?: "text" | "binary") {
  if (oid === INT8_OID) return toNumber;
  const parse = types.getTypeParser(oid, format);
  return oid === INT8_ARRAY_OID ? (text: string) => parse(text).map(toNumber) : parse;
}

function toNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a JavaScript integer.`);
  return value;
}

function textOf(statement: string | PreparedStatement): string {
  return (typeof statement === "string" ? statement : statement.text).trim().slice(0, 200);
}
