import { spawn } from "node:child_process";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** What the Prisma CLI needs to find the schema engine that npm brought instead of the one it would download. */
export function prismaEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // the engine is a script for `node`: it must find the one that runs us
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
    PRISMA_SCHEMA_ENGINE_BINARY: path.join(ROOT, "scripts/prisma/schema-engine.ts"),
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  };
}

/** Runs the Prisma CLI in the foreground; resolves to its exit code. */
export function prisma(args: string[]): Promise<number> {
  const child = spawn(process.execPath, [path.join(ROOT, "node_modules/prisma/build/index.js"), ...args], {
    cwd: ROOT,
    env: prismaEnv(),
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Applies the migrations that `databaseUrl` does not have yet. */
export async function migrate(databaseUrl: string): Promise<void> {
  const child = spawn(process.execPath, [path.join(ROOT, "node_modules/prisma/build/index.js"), "migrate", "deploy"], {
    cwd: ROOT,
    env: { ...prismaEnv(), DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (output += data));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`The migrations could not be applied: ${output.trim()}`);
}
