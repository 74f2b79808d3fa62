import { SchedulerError } from "../scheduler/errors.ts";

/** The value of a JSON text in UTF-8; `invalid` for anything else, and for a key that would change what an object is. */
export function parseJson(bytes: Uint8Array): unknown {
  return parse(decode(bytes));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SchedulerError("invalid", "The body is not UTF-8.");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (key, value) => {
      if (key === "__proto__") throw new SyntaxError("a forbidden key");
      return value;
    });
  } catch {
    throw new SchedulerError("invalid", "The body is not JSON.");
  }
}
