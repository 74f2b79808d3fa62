import pino from "pino";
import { type Env, EnvError, env, processVariables } from "../config/env.ts";
import { runTimer } from "./run-timer.ts";

/** A task that does not end in time is cut off: whatever it does can be cut off anywhere. */
const PATIENCE_MS = 8000;

await start();

async function start(): Promise<void> {
  const settings = readEnvironment();
  const log = pino({ level: settings.LOG_LEVEL, base: { process: "timer" } });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stops");
      stop.abort();
      setTimeout(() => process.exit(0), PATIENCE_MS).unref();
    });
  }
  // an error that nobody expected leaves a state that nobody knows; the supervisor starts a new process
  const die = (error: unknown) => {
    log.fatal({ err: error }, "ends after an unexpected error");
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die); // all promises here are our own, so one that nobody looked at is a defect, too
  await runTimer({ env: settings, environment: processVariables(), log, abort: stop.signal });
  process.exit(0);
}

function readEnvironment(): Env {
  try {
    return env();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(error.message);
    process.exit(78); // EX_CONFIG
  }
}
