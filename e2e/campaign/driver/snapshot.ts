import { Client } from "pg";

/** A job as the driver chooses among them. */
export interface KnownJob {
  id: number;
  pool: string;
  state: "blocked" | "queued" | "running";
}

/** What the world holds, as the driver reads it past the product, to know what to ask for. */
export interface Snapshot {
  open: KnownJob[];
  /** All jobs there ever were. */
  total: number;
  /** Some of the newest jobs that are done, to be run again. */
  done: number[];
}

const NOTHING: Snapshot = { open: [], total: 0, done: [] };

/** Reads the world; the last answer while PostgreSQL is away. */
export class SnapshotReader {
  private readonly url: string;
  private client: Client | null = null;
  private last = NOTHING;

  constructor(url: string) {
    this.url = url;
  }

  async read(): Promise<Snapshot> {
    try {
      this.client ??= await this.connect();
      const { rows } = await this.client.query<{ snapshot: Snapshot }>(`
        SELECT json_build_object(
          'open', coalesce((
            SELECT json_agg(json_build_object('id', o.id, 'pool', o.name, 'state', o.state)) FROM (
              SELECT j.id, p.name, j.state FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN builders b ON b.id = j.builder_id
              WHERE j.state <> 'done' AND b.name <> 'poison' ORDER BY j.id LIMIT 3000) o), '[]'),
          'total', (SELECT count(*) FROM jobs),
          'done', coalesce((
            SELECT json_agg(d.id) FROM (
              SELECT j.id FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN builders b ON b.id = j.builder_id
              WHERE j.state = 'done' AND p.name = 'farm' AND b.name <> 'poison' AND j.retrigger_of_id IS NULL
              ORDER BY j.id DESC LIMIT 50) d), '[]')
        ) AS snapshot`);
      this.last = rows[0]?.snapshot ?? NOTHING;
    } catch {
      this.close();
    }
    return this.last;
  }

  close(): void {
    this.client?.end().catch(() => {});
    this.client = null;
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 3000, query_timeout: 5000 });
    client.on("error", () => {}); // the next query fails, and a new connection is made
    await client.connect();
    return client;
  }
}
