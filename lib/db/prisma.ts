import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client.ts";

export type { PrismaClient };

/** How the Prisma client connects. */
export interface PrismaOptions {
  url: string;
  /** Connections at most; 5 by default. */
  max?: number;
  applicationName: string;
}

/** A Prisma client for plain reads. Waits 3 s at most for a connection and 5 s for an answer; `$disconnect()` closes it. */
export function openPrisma({ url, max = 5, applicationName }: PrismaOptions): PrismaClient {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max,
      application_name: applicationName,
      connectionTimeoutMillis: 3000,
      statement_timeout: 5000,
      query_timeout: 6000,
      idle_in_transaction_session_timeout: 10_000,
      keepAlive: true,
    },
    { onPoolError: () => {}, onConnectionError: () => {} }, // the pool replaces such a connection; unheard, the event would end the process
  );
  return new PrismaClient({ adapter });
}
