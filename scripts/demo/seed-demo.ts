import { rmSync } from "node:fs";
import { addToConfig } from "./demo-config.ts";
import { type DemoFolders, type DemoProject, demoFolders } from "./demo-project.ts";
import { installHook } from "./install-hook.ts";
import { type HookTarget, replay } from "./replay.ts";
import { prepareSax } from "./sax-project.ts";
import { prepareSqlite } from "./sqlite-project.ts";
import { prepareWords } from "./words-project.ts";

/** Where the demo goes. */
export interface SeedDemoOptions extends HookTarget {
  dataDir: string;
  /** `selfserve.yml`, which gets the demo's repositories. */
  configFile: string;
  /** A file with the hook's token, for the repositories' own hooks. */
  hookTokenFile: string;
  /** Hears what happens, in sentences. */
  log: (sentence: string) => void;
  abort?: AbortSignal;
}

/**
 * Fills a running product with life: makes git repositories of real published packages, adds them to the configuration, and replays the
 * pushes of two developers. Works on a project of our own when the registry cannot be reached. Interrupted, it goes on where it stopped
 * when it is called again. The repositories keep a hook, so that what anybody pushes to them is built as well.
 */
export async function seedDemo(options: SeedDemoOptions): Promise<void> {
  const folders = demoFolders(options.dataDir);
  await seed(options, await orWords(options, folders, () => prepareSax(folders, options.abort)));
  const sqlite = await orNothing(options, () => prepareSqlite(folders, options.abort));
  if (sqlite) await seed(options, sqlite);
  rmSync(folders.work, { recursive: true, force: true });
}

async function seed(options: SeedDemoOptions, project: DemoProject): Promise<void> {
  if (!addToConfig(options.configFile, project)) {
    options.log(
      `The demo's repository ${project.name} is not added, because ${options.configFile} has a list of its own.`,
    );
    return;
  }
  await replay(project, options, options.abort);
  await installHook(project, options);
}

async function orWords(
  options: SeedDemoOptions,
  folders: DemoFolders,
  prepare: () => Promise<DemoProject>,
): Promise<DemoProject> {
  return (await orNothing(options, prepare)) ?? prepareWords(folders);
}

/** Without a package, the demo says so and goes on. */
async function orNothing(options: SeedDemoOptions, prepare: () => Promise<DemoProject>): Promise<DemoProject | null> {
  try {
    return await prepare();
  } catch (error) {
    options.abort?.throwIfAborted();
    options.log(`The demo goes on without it: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}
