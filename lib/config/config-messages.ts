import { z } from "zod";
import { closest } from "./closest.ts";
import { keyOf, type Problem } from "./config-problem.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

const LONGEST_QUOTE = 60;
const MAX_UNKNOWN_KEYS = 300;
const TYPE_NAMES: Partial<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a section with keys",
  record: "a section with keys",
};

/** What the schema found, as problems with their places. */
export function toProblems(issues: readonly Issue[], schema: z.ZodType, value: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], schema, value));
}

/** A problem as a whole sentence that names the key, what is wrong, what is there and what would be right. */
export function sentenceOf({ path, message }: Problem, value: unknown): string {
  if (/[.?]$/.test(message)) return message;
  const key = path.length === 0 ? "The file" : keyOf(path);
  const found = valueAt(value, path);
  if (found === undefined && path.length > 0) return `${key} is missing; it ${message}.`;
  return `${key} ${message}; it is ${inWords(found)}.`;
}

function problemsOf(issue: Issue, prefix: Path, schema: z.ZodType, value: unknown): Problem[] {
  const path: Path = [...prefix, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys
        .slice(0, MAX_UNKNOWN_KEYS)
        .map((key) => ({ path: [...path, key], message: unknownKey(path, key, schema), atKey: true }));
    case "invalid_key":
      return [
        { path, message: `${keyOf(path)} ${issue.issues[0]?.message ?? "has a name that cannot be"}.`, atKey: true },
      ];
    case "invalid_union":
      return problemsOfUnion(issue, path, schema, value);
    case "invalid_type":
      return [{ path, message: wrongType(issue, valueAt(value, path)) }];
    case "invalid_value":
      return [{ path, message: isRule(issue.message) ? issue.message : `must be ${oneOf(issue.values)}` }];
    default:
      return [{ path, message: issue.message }];
  }
}

/** The faults of the one form that the value has the type of; when it has none, what the union says of itself. */
function problemsOfUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  schema: z.ZodType,
  value: unknown,
): Problem[] {
  const near = issue.errors.find(
    (form) => !form.some(({ path, code }) => path.length === 0 && code === "invalid_type"),
  );
  if (!near) return [{ path, message: issue.message }];
  return near.flatMap((inner) => problemsOf(inner, path, schema, value));
}

function wrongType(issue: Extract<Issue, { code: "invalid_type" }>, found: unknown): string {
  if (isRule(issue.message)) return issue.message;
  const right = `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
  const unquoted = issue.expected === "string" && (typeof found === "number" || typeof found === "boolean");
  return unquoted ? `${right}: write it in quotes, "${found}"` : right;
}

/** Whether the schema itself says what would be right. */
function isRule(message: string): boolean {
  return /^(?:must|is|has) /.test(message);
}

function unknownKey(parent: Path, key: string, schema: z.ZodType): string {
  const known = keysAt(schema, parent);
  const where = parent.length === 0 ? "The file" : keyOf(parent);
  if (key === "<<") return `${where} has the merge key <<, which YAML 1.2 does not have; repeat the keys.`;
  const near = closest(key, known);
  const right = near ? `did you mean ${near}?` : `it may have ${known.join(", ")}.`;
  return `${where} has no key ${inWords(key)}; ${right}`;
}

/** The keys that the schema knows at a place. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let at = unwrap(schema);
  for (const part of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(part)]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.unwrap());
  return schema;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a section with keys";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
