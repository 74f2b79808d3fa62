import path from "node:path";
import { readEnv } from "../../lib/config/env.ts";
import { migrate } from "../prisma/cli.ts";
import { ensureInstalled, type Requirement } from "../services/packages.ts";
import { isPortFree } from "../services/ports.ts";
import { type ServiceKind, type Services, startServices } from "../services/services.ts";
import { build, isBuilt } from "./build.ts";
import { endOrphans } from "./child.ts";
import { type Children, startChildren, type Undo, untilAnswering } from "./children.ts";
import { writeFirstConfig } from "./config.ts";
import { tellConfigFaults } from "./config-faults.ts";
import { closeToOthers } from "./data-folder.ts";
import { seedDemoOnce } from "./demo.ts";
import { isGiven, serverEnv } from "./environment.ts";
import { logsOf, recordsOf, secretsOf } from "./folders.ts";
import { announceStop, type FolderLock, lockFolder } from "./lock.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

/** A running product. */
export interface Product extends Children {
  /** Its address in a browser. */
  url: string;
  /** The variables of its server processes. */
  env: Environment;
  services: Services;
  /** Stops everything that was started, in order; with `hurry` without waiting for anybody. */
  stop(hurry?: boolean): Promise<void>;
}

const SERVICE_OF: Record<ServiceKind, { variable: string; needs: Requirement[]; title: string }> = {
  database: { variable: "DATABASE_URL", needs: [], title: "PostgreSQL" },
  redis: { variable: "REDIS_URL", needs: ["redis"], title: "Redis" },
  directory: { variable: "LDAP_URL", needs: ["openldap"], title: "OpenLDAP" },
};

/** Starts the product; resolves when its pages answer. Whatever was started is stopped again when it fails. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const lock = await lockFolder(options.dataFolder);
  const undo: Undo = [];
  let stopping: Promise<void> | undefined;
  const stop = (hurry = false) => {
    stopping ??= stopInOrder(options.dataFolder, undo, lock);
    if (hurry) for (const step of undo) void step.hurry?.();
    return stopping;
  };
  try {
    return { ...(await bringUp(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopInOrder(dataFolder: string, undo: Undo, lock: FolderLock): Promise<void> {
  announceStop(dataFolder);
  for (const step of undo.toReversed()) await step.end();
  lock.release();
}

async function bringUp(options: ProductOptions, undo: Undo): Promise<Omit<Product, "stop">> {
  const { progress, dataFolder } = options;
  const goOn = () => options.stopRequest?.throwIfAborted();
  const kinds = (Object.keys(SERVICE_OF) as ServiceKind[]).filter(
    (kind) => !isGiven(options.given, SERVICE_OF[kind].variable),
  );
  await endOrphans(recordsOf(dataFolder));
  if (!(await isPortFree(options.port, options.given.HOST || undefined))) {
    throw new Error(
      `Port ${options.port} is taken by another program. Choose another with --port, or --port 0 for any free one.`,
    );
  }
  closeToOthers(dataFolder);
  await install(options, kinds);
  goOn();

  const services = await progress.stage(
    `Services: ${kinds.map((kind) => SERVICE_OF[kind].title).join(", ") || "all given"}`,
    () =>
      startServices({
        folder: dataFolder,
        secretsFolder: secretsOf(dataFolder),
        durable: options.durable,
        kinds,
        onUnexpectedExit: progress.say,
      }),
  );
  undo.push({ end: () => services.stop() });
  const env = serverEnv(options, services.env, secretsOf(dataFolder));
  goOn();
  await progress.stage("Database schema", () => migrate(readEnv(env).DATABASE_URL));
  writeFirstConfig(dataFolder, env.CONFIG_FILE ?? "");
  await buildWhenNeeded(options);
  goOn();

  const children = startChildren(options, env, undo);
  const url = env.BASE_URL ?? "";
  await progress.stage("Web server", () => untilAnswering(url, children.web, options.stopRequest));
  goOn();
  undo.push({ end: tellConfigFaults(env.CONFIG_FILE ?? "", env, progress.say) });
  seedDemoOnce(options, env, undo);
  return { url, env, services, ...children };
}

async function install({ progress, demo }: ProductOptions, kinds: ServiceKind[]): Promise<void> {
  const needs: Requirement[] = [
    ...kinds.flatMap((kind) => SERVICE_OF[kind].needs),
    "git",
    ...(demo ? (["c compiler"] as const) : []),
  ];
  let title = "";
  // A stage is shown only when there is something to install.
  await ensureInstalled(needs, (what) => {
    title = what;
    progress.say(`· ${what} …`);
  });
  if (title) progress.say(`✓ ${title}`);
}

async function buildWhenNeeded(options: ProductOptions): Promise<void> {
  const target = {
    root: options.root,
    distDir: options.distDir,
    logFile: path.join(logsOf(options.dataFolder), "build.log"),
  };
  if (options.mode === "development" || isBuilt(target)) return;
  await options.progress.stage("Building the pages", () => build({ ...target, stopRequest: options.stopRequest }));
}
