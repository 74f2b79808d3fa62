import { Agent } from "./agent.ts";
import { HELP } from "./help.ts";
import { OptionError, readOptions } from "./options.ts";
import { REAL_SURROUNDINGS } from "./retry.ts";

/** Exit codes: 0 stopped as asked, 1 died of an error, 2 a wrong option. */
async function main(): Promise<void> {
  // The agent is another machine's process: it has no part in the servers' lib/config/env.ts.
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === null) {
    process.stdout.write(HELP);
    return;
  }
  process.umask(0o022);
  const agent = new Agent(options);
  let asked = 0;
  const stop = (signal: NodeJS.Signals) => {
    REAL_SURROUNDINGS.log(
      asked++ === 0 ? `${signal}: giving runs back and stopping` : `${signal} again: leaving at once`,
    );
    if (asked > 2) process.exit(1); // the watchdogs end the runs
    agent.stop();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  await agent.run();
}

process.on("uncaughtException", (error) => die(error));
process.on("unhandledRejection", (error) => die(error));

function die(error: unknown): never {
  REAL_SURROUNDINGS.log("The agent died", error instanceof Error ? (error.stack ?? error) : error);
  process.exit(1); // the watchdogs end the runs, and whoever supervises starts a new agent
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    if (!(error instanceof OptionError)) die(error);
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
