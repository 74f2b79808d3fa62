import { PrismaPg } from "@prisma/adapter-pg";
import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import { DatabaseError, type Pool, type QueryConfig, type QueryResult } from "pg";

type Adapter = Awaited<ReturnType<PrismaPg["connect"]>>;

/** PostgreSQL's internal type `"char"`, which Prisma's adapter does not know although the engine asks for such columns. */
const INTERNAL_CHAR_OID = 18;
const BPCHAR_OID = 1042;

/**
 * Prisma's adapter for PostgreSQL without two faults that stop migrations: it cuts a script at every semicolon, also at those in
 * comments and function bodies (this one sends it whole, so that all of it is applied or nothing), and does not know `"char"`.
 */
export class MigrationPg extends PrismaPg {
  override async connect(): Promise<Adapter> {
    return mend(await super.connect());
  }

  override async connectToShadowDb(): Promise<Adapter> {
    return mend(await super.connectToShadowDb());
  }
}

function mend(adapter: Adapter): Adapter {
  nameInternalChar(adapter.underlyingDriver());
  return sendScriptsWhole(adapter);
}

function nameInternalChar(pool: Pool): void {
  const query: (config: QueryConfig) => Promise<QueryResult> = pool.query.bind(pool);
  const mended = async (config: QueryConfig) => {
    const result = await query(config);
    for (const field of result.fields ?? []) if (field.dataTypeID === INTERNAL_CHAR_OID) field.dataTypeID = BPCHAR_OID;
    return result;
  };
  Object.assign(pool, { query: mended });
}

function sendScriptsWhole(adapter: Adapter): Adapter {
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { code = "N/A", severity = "N/A", message, detail, column, hint } = error;
      throw new DriverAdapterError({ kind: "postgres", code, severity, message, detail, column, hint });
    }
  };
  return adapter;
}
