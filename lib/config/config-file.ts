import type { z } from "zod";
import type { ConfigError } from "../contracts/push.ts";
import { sentenceOf, toProblems } from "./config-messages.ts";
import type { Problem } from "./config-problem.ts";
import { ConfigText } from "./config-text.ts";

/** What a file says, or every fault of it in the order of the file. */
export type CheckedFile<Value> =
  | { ok: true; value: Value; locate(problems: readonly Problem[]): ConfigError[] }
  | { ok: false; errors: ConfigError[] };

interface FileOptions {
  /** The name that errors carry. */
  file: string;
  maxBytes: number;
}

const MAX_ERRORS = 100;
/** Finding a place takes time that grows with the file. */
const MAX_LOCATED = 300;

/**
 * Reads a YAML file against a schema. Never throws: whatever the bytes are, the answer is the value or errors with line, column, key and
 * what would be right. `locate` does the same for faults that the schema cannot see.
 */
export function checkConfigFile<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
  { file, maxBytes }: FileOptions,
): CheckedFile<z.output<Schema>> {
  const text = ConfigText.read(bytes, file, maxBytes);
  if (!text.ok) return { ok: false, errors: text.errors.slice(0, MAX_ERRORS) };

  const { config } = text;
  const locate = (problems: readonly Problem[]) =>
    problems
      .slice(0, MAX_LOCATED)
      .map((problem) => config.errorAt(problem, sentenceOf(problem, config.value)))
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .slice(0, MAX_ERRORS);
  const parsed = schema.safeParse(config.value);
  if (parsed.success) return { ok: true, value: parsed.data, locate };
  return { ok: false, errors: locate(toProblems(parsed.error.issues, schema, config.value)) };
}
