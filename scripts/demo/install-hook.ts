import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { DemoProject } from "./demo-project.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../docs/hooks/post-receive");

/** Puts the example hook into a repository of the demo, so that every `git push` to it is told at once. */
export async function installHook(
  { name, repository }: DemoProject,
  options: { baseUrl: string; hookTokenFile: string },
): Promise<void> {
  const hooks = path.join(repository.folder, "hooks");
  mkdirSync(hooks, { recursive: true });
  await repository.git(["config", "selfserve.url", options.baseUrl]);
  await repository.git(["config", "selfserve.repository", name]);
  await repository.git(["config", "selfserve.tokenFile", options.hookTokenFile]);
  const hook = path.join(hooks, "post-receive");
  copyFileSync(EXAMPLE, hook);
  chmodSync(hook, 0o755);
}
