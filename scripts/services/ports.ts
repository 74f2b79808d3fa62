import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

/** A TCP port of 127.0.0.1 that nothing listens on now; `wanted` itself when that one is free. */
export async function freePort(wanted = 0): Promise<number> {
  const port = await tryPort(wanted);
  return port ?? (await freePort());
}

/** True when nothing listens on this port of `host`. */
export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return (await tryPort(port, host)) !== undefined;
}

function tryPort(port: number, host = "127.0.0.1"): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}

/**
 * The port that `folder` used last time when it is free, else a new one; kept in `<folder>/port`,
 * so that addresses someone noted down stay true across restarts.
 */
export async function rememberedPort(folder: string): Promise<number> {
  const file = path.join(folder, "port");
  const known = Number(readFileSync(file, { encoding: "utf8", flag: "a+" })) || 0;
  const port = await freePort(known);
  writeFileSync(file, String(port));
  return port;
}
