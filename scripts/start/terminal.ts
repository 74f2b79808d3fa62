import path from "node:path";
import { DEMO_PEOPLE } from "../services/directory-content.ts";
import { freePort } from "../services/ports.ts";
import { requireWritable, resetFolder } from "./data-folder.ts";
import { checkGiven, isGiven } from "./environment.ts";
import { readStartOptions, type StartOptions } from "./options.ts";
import { type Product, startProduct } from "./product.ts";
import { consoleProgress, type Progress } from "./progress.ts";
import { untilAskedToStop } from "./stop-signals.ts";

interface Terminal {
  root: string;
  argv: readonly string[];
  mode: "production" | "development";
}

const DEFAULT_PORT = 3000;

/** Runs the product for somebody at a terminal: shows progress, prints where it is, stops when asked. Sets the exit code. */
export async function startFromTerminal({ root, argv, mode }: Terminal): Promise<void> {
  const progress = consoleProgress(process.stdout);
  const stopRequest = untilAskedToStop();
  let product: Product | undefined;
  try {
    const options = readStartOptions(argv);
    const given = { ...process.env };
    checkGiven(given);
    const dataFolder = path.resolve(root, given.DATA_DIR || ".data");
    requireWritable(dataFolder);
    if (options.reset) {
      await resetFolder(dataFolder, Boolean(given.DATA_DIR));
      progress.say(`Threw away what was in ${dataFolder}.`);
    }
    const starting = startProduct({
      root,
      dataFolder,
      given,
      port: await choosePort(options, given.PORT),
      workers: options.workers,
      demo: options.demo,
      mode,
      distDir: ".next",
      durable: true,
      progress,
      stopRequest: stopRequest.signal,
    });
    product = await starting;
    if (!stopRequest.signal.aborted) welcome(product, options, !isGiven(given, "LDAP_URL"), progress);
    await stopRequest.first;
  } catch (error) {
    if (!stopRequest.signal.aborted) {
      progress.say(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
  if (product) {
    progress.say("Stopping …");
    void stopRequest.second.then(() => product.stop(true));
    await product.stop();
    progress.say("Stopped.");
  }
  process.exit();
}

async function choosePort({ port }: StartOptions, variable: string | undefined): Promise<number> {
  const wanted = port ?? (variable ? Number(variable) : DEFAULT_PORT);
  return wanted === 0 ? freePort() : wanted;
}

function welcome(product: Product, options: StartOptions, demoPeople: boolean, progress: Progress): void {
  const accounts = DEMO_PEOPLE.map(({ uid }) => `${uid}/${uid}`).join("  ");
  const lines = [
    "",
    `  Self-Serve is at  ${product.url}`,
    ...(demoPeople ? [`  Log in as         ${accounts}   (name/password)`] : []),
    `  Configuration     ${product.env.CONFIG_FILE}`,
    ...(options.workers === 0 ? ["  No worker runs here, so jobs wait until one connects."] : []),
    "",
    "  Ctrl-C stops everything.",
    "",
  ];
  progress.say(lines.join("\n"));
}
