import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** The only files of the product that may look at the environment: the servers' reader, and the agent, which is another machine. */
const ENVIRONMENT_READERS = ["lib/config/env.ts", "lib/worker/main.ts"];

/** Complaints about rules that the module graph cannot show. */
export function checkSources(root: string): string[] {
  const files = globSync("{app,lib}/**/*.{ts,tsx}", { cwd: root }).filter(
    (file) => !file.includes(".test.") && !file.startsWith("lib/testing/") && !file.startsWith("lib/db/generated/"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return [...environmentReads(file, text), ...agentImports(file, text)];
  });
}

function environmentReads(file: string, text: string): string[] {
  if (ENVIRONMENT_READERS.includes(file) || !/\bprocess\.env\b/.test(text)) return [];
  return [`${file} reads process.env; only ${ENVIRONMENT_READERS.join(" and ")} may. Take the setting as an argument.`];
}

/** The agent runs without packages, so nothing of the contracts may be left of it when types are stripped. */
function agentImports(file: string, text: string): string[] {
  if (!file.startsWith("lib/worker/")) return [];
  const imports = text.matchAll(/^(?:import|export)\s+(?!type\s)[^;]*?from\s+"([^"]*contracts\/[^"]*)"/gm);
  return [...imports].map(([, source]) => `${file} imports ${source} for more than its types; write "import type".`);
}
