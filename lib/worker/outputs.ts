import { constants } from "node:fs";
import { open } from "node:fs/promises";

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;
const MAX_FILE_BYTES = 2 ** 20;
const MAX_VALUE_LENGTH = 10_000;
const MAX_OUTPUTS = 200;
/** Of all outputs together as JSON: what the server takes with a result. */
const MAX_JSON_BYTES = 200_000;

/** What the steps said, and a sentence for each line that says nothing. */
export interface Outputs {
  values: Record<string, string>;
  complaints: string[];
}

/** Reads lines of the form `name=value`; the last value of a name counts. Empty lines and lines with `#` first are skipped. */
export function parseOutputs(text: string): Outputs {
  const values = new Map<string, string>();
  const complaints: string[] = [];
  let bytes = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const at = line.indexOf("=");
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    const total = bytes - jsonBytes(name, values.get(name)) + jsonBytes(name, value);
    const complaint = at === -1 ? "has no =" : complain(name, value, values, total);
    if (complaint === null) {
      values.set(name, value);
      bytes = total;
    } else complaints.push(`Line ${index + 1} of $SELFSERVE_OUTPUT ${complaint}; a line is name=value.`);
  }
  return { values: Object.fromEntries(values), complaints: complaints.slice(0, 20) };
}

function jsonBytes(name: string, value: string | undefined): number {
  return value === undefined ? 0 : Buffer.byteLength(`${JSON.stringify({ [name]: value })},`);
}

function complain(name: string, value: string, values: ReadonlyMap<string, string>, totalBytes: number): string | null {
  if (!NAME.test(name)) return `has the name ${JSON.stringify(name.slice(0, 50))}, which is not letters, digits, _ . -`;
  if (name === "__proto__") return "has the name __proto__, which no server takes";
  if (value.length > MAX_VALUE_LENGTH) return `has a value of more than ${MAX_VALUE_LENGTH} characters`;
  if (value.includes("\0")) return "has a value with a zero byte";
  if (!values.has(name) && values.size >= MAX_OUTPUTS)
    return `is one more than the ${MAX_OUTPUTS} outputs that a run may have`;
  if (totalBytes > MAX_JSON_BYTES) return `makes the outputs longer than ${MAX_JSON_BYTES} bytes together`;
  return null;
}

/** As `parseOutputs`, from the file that the steps had; it is theirs, so it may be anything, or gone. */
export async function readOutputs(file: string): Promise<Outputs> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (handle === null)
    return { values: {}, complaints: ["$SELFSERVE_OUTPUT is gone or has become a link; no outputs were taken."] };
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) {
      return { values: {}, complaints: ["$SELFSERVE_OUTPUT is not a file of at most 1 MiB; no outputs were taken."] };
    }
    return parseOutputs((await handle.readFile()).toString("utf8"));
  } finally {
    await handle.close();
  }
}
