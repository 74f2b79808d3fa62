import path from "node:path";

/** The output of the processes. */
export function logsOf(dataFolder: string): string {
  return path.join(dataFolder, "logs");
}

/** Which processes run, for the next start after a kill -9. */
export function recordsOf(dataFolder: string): string {
  return path.join(dataFolder, "processes");
}

/** Passwords and keys, made at the first start. */
export function secretsOf(dataFolder: string): string {
  return path.join(dataFolder, "secrets");
}
