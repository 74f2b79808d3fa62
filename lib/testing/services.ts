import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DIRECTORY_NAMES } from "../../scripts/services/directory-content.ts";
import { identify } from "../../scripts/services/processes.ts";
import { endServices, type Services, startServices } from "../../scripts/services/services.ts";

const PREFIX = "self-serve-test-";

/** vitest's global setup: starts private services, unless `TEST_DATABASE_URL` names some. They are stopped and removed at the end. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.TEST_DATABASE_URL) return async () => {};
  await removeAbandoned();
  const folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(folder, 0o755); // the system user that runs PostgreSQL must get through
  const services = await startServices({
    folder,
    secretsFolder: path.join(folder, "secrets"),
    durable: false,
    kinds: ["database", "redis", "directory"],
  });
  publish(services);
  return async () => {
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The test processes inherit these. */
function publish(services: Services): void {
  for (const [name, value] of Object.entries(services.env)) process.env[`TEST_${name}`] = value;
  process.env.TEST_LDAP_ADMIN_DN = DIRECTORY_NAMES.administrator;
  process.env.TEST_LDAP_ADMIN_PASSWORD = services.env.LDAP_BIND_PASSWORD;
}

/** Ends the services of test runs that were killed before they could do it. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const owner = Number(name.slice(PREFIX.length).split("-")[0]);
    if (identify(owner)) continue;
    const folder = path.join(tmpdir(), name);
    await endServices(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
