import { parseArgs } from "node:util";

/** What `npm start` was asked for. */
export interface StartOptions {
  /** Undefined: what PORT says, or 3000. Zero: any free port. */
  port: number | undefined;
  workers: number;
  demo: boolean;
  reset: boolean;
}

/** The command line cannot be used; the message says why and what would be right. */
export class OptionError extends Error {}

/** Reads the command line of `npm start`. Throws OptionError. */
export function readStartOptions(argv: readonly string[]): StartOptions {
  const values = parse(argv);
  return {
    port: values.port === undefined ? undefined : number("--port", values.port, 0, 65_535),
    workers: number("--workers", values.workers, 0, 64),
    demo: !values["no-demo"],
    reset: values.reset,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: "string" },
        workers: { type: "string", default: "2" },
        "no-demo": { type: "boolean", default: false },
        reset: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : error} Ask for --help to see all options.`);
  }
}

function number(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new OptionError(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${min} to ${max}.`);
}
