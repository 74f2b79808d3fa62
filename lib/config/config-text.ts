import { type Document, isAlias, isMap, isSeq, LineCounter, parseDocument } from "yaml";
import type { ConfigError } from "../contracts/push.ts";
import { keyOf, type Problem } from "./config-problem.ts";
import { isEmpty, keyText, MAX_ALIASES, MAX_DEPTH, startOf, structuralFaults } from "./config-structure.ts";
import { firstBadByte, isNestedBeyondReason } from "./text-bytes.ts";

const TOO_DEEP = `The file is nested more than ${MAX_DEPTH} levels deep.`;
/** More than anybody writes, brackets in texts that have no partner included; few enough for the parser. */
const REASONABLE_BRACKETS = 1000;

/** How the parser's own words are said to people. */
const SYNTAX: Partial<Record<string, string>> = {
  TAB_AS_INDENT: "A tab cannot indent YAML; use spaces.",
  MULTIPLE_DOCS: "The file holds several documents; it must be one, without --- in the middle.",
  TAG_RESOLVE_FAILED: "Tags such as !include are not supported; write the value itself.",
  NON_STRING_KEY: "A key must be text; write it in quotes.",
  RESOURCE_EXHAUSTION: TOO_DEEP,
};

type ReadText = { ok: true; config: ConfigText } | { ok: false; errors: ConfigError[] };

/** A YAML text that is sound, with the places of everything in it. */
export class ConfigText {
  readonly value: unknown;
  private readonly file: string;
  private readonly document: Document;
  private readonly lines: LineCounter;

  private constructor(file: string, document: Document, lines: LineCounter, value: unknown) {
    this.file = file;
    this.document = document;
    this.lines = lines;
    this.value = value;
  }

  /** Reads bytes as UTF-8 YAML 1.2: one document, no key twice, few aliases, not too deep. Never throws. */
  static read(bytes: Uint8Array, file: string, maxBytes: number): ReadText {
    if (bytes.length > maxBytes) {
      const message = `The file has ${bytes.length} bytes; at most ${maxBytes} are read.`;
      return { ok: false, errors: [{ file, line: 1, column: 1, key: "", message }] };
    }
    const bad = firstBadByte(bytes);
    if (bad) return { ok: false, errors: [{ file, key: "", ...bad }] };
    if (isNestedBeyondReason(bytes, REASONABLE_BRACKETS)) {
      return { ok: false, errors: [{ file, line: 1, column: 1, key: "", message: TOO_DEEP }] };
    }
    try {
      return ConfigText.parse(new TextDecoder().decode(bytes), file);
    } catch (error) {
      // The parser's own recursion ended, or aliases multiply.
      const message =
        error instanceof RangeError
          ? TOO_DEEP
          : "The aliases (*name) of the file grow beyond what is read; write the values out.";
      return { ok: false, errors: [{ file, line: 1, column: 1, key: "", message }] };
    }
  }

  /** The error for a problem: at its value, its key, or the nearest thing above it that exists. */
  errorAt({ path, atKey = false }: Problem, message: string): ConfigError {
    return errorAtOffset(this.file, this.lines, this.offsetOf(path, atKey), keyOf(path), message);
  }

  private static parse(source: string, file: string): ReadText {
    const lines = new LineCounter();
    const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
    const document = parseDocument(source, options);
    const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
      offset: pos[0],
      key: "",
      message: SYNTAX[code] ?? `This is not YAML: ${firstSentence(message)}`,
    }));
    if (faults.length === 0) faults.push(...structuralFaults(document));
    if (faults.length > 0) {
      const errors = faults.map(({ offset, key, message }) => errorAtOffset(file, lines, offset, key, message));
      return { ok: false, errors };
    }
    return { ok: true, config: new ConfigText(file, document, lines, document.toJS({ maxAliasCount: MAX_ALIASES })) };
  }

  private offsetOf(path: readonly (string | number)[], atKey: boolean): number {
    let node: unknown = this.document.contents;
    let offset = startOf(node) ?? 0;
    for (const [index, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.document);
      if (isSeq(node)) node = node.items[Number(part)];
      else if (isMap(node)) {
        const pair = node.items.find((item) => keyText(item.key) === String(part));
        if (!pair) return offset;
        offset = startOf(pair.key) ?? offset;
        if (atKey && index === path.length - 1) return offset;
        node = pair.value;
      } else return offset;
      if (!isEmpty(node)) offset = startOf(node) ?? offset;
    }
    return offset;
  }
}

function errorAtOffset(file: string, lines: LineCounter, offset: number, key: string, message: string): ConfigError {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col), key, message };
}

function firstSentence(message: string): string {
  const [first = ""] = message.split("\n");
  return first.endsWith(".") ? first : `${first}.`;
}
