import { applySgr, PLAIN, type Style } from "./sgr.ts";

// Only colours and weight (SGR) are obeyed. Links, titles, cursor and device sequences are dropped, and the result
// is plain text with class names: nothing that a log says can become markup.

/** Most characters of a line that are shown; the rest is counted, not drawn. */
export const MAX_COLUMNS = 4_000;
/** Most characters of a line that are looked at, escape sequences included. */
const MAX_SCANNED = 16_000;

/** A piece of a line in one style. */
export interface Segment {
  text: string;
  style: Style;
}

/** A line as it is drawn. */
export interface ParsedLine {
  segments: Segment[];
  /** How many characters at the end are not shown. */
  cut: number;
  /** What the next line starts with. */
  style: Style;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

type Mode = "text" | "escape" | "charset" | "csi" | "string" | "stringEscape";

/** Turns one log line into styled pieces of text; `style` is what the line before ended with. */
export function parseLine(line: string, style: Style = PLAIN): ParsedLine {
  const unread = Math.max(0, line.length - MAX_SCANNED);
  const source = unread > 0 ? line.slice(0, MAX_SCANNED) : line;
  if (!SPECIAL.test(source)) return plainLine(source, unread, style);
  const machine = new Machine(style);
  for (const character of source) machine.take(character);
  return machine.end(unread);
}

function plainLine(source: string, unread: number, style: Style): ParsedLine {
  const text = source.slice(0, MAX_COLUMNS);
  const segments = text === "" ? [] : [{ text, style }];
  return { segments, cut: source.length - text.length + unread, style };
}

class Machine {
  private mode: Mode = "text";
  private parameters = "";
  private style: Style;
  private segments: Segment[] = [];
  private text = "";
  private columns = 0;
  private cut = 0;
  /** A carriage return was read: what comes next overwrites the line, as on a terminal. */
  private returned = false;

  constructor(style: Style) {
    this.style = style;
  }

  take(character: string): void {
    const code = character.codePointAt(0) ?? 0;
    if (this.mode === "text") this.takeText(character, code);
    else if (this.mode === "escape") this.takeEscape(character);
    else if (this.mode === "charset") this.mode = "text";
    else if (this.mode === "csi") this.takeCsi(character, code);
    else this.takeString(character, code);
  }

  end(unread: number): ParsedLine {
    this.flush();
    return { segments: this.segments, cut: this.cut + unread, style: this.style };
  }

  private takeText(character: string, code: number): void {
    if (code === 0x1b) this.mode = "escape";
    else if (code === 0x9b) this.startCsi();
    else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) this.mode = "string";
    else if (code === 0x0d) this.returned = true;
    else if ((code < 0x20 && code !== 0x09) || (code >= 0x7f && code < 0xa0)) return;
    else if (isBidiControl(code)) this.write(`\\u{${code.toString(16).toUpperCase()}}`);
    else this.write(character);
  }

  private takeEscape(character: string): void {
    if (character === "[") this.startCsi();
    else if ("]PX^_".includes(character)) this.mode = "string";
    else if ("()*+-./#%".includes(character)) this.mode = "charset";
    else this.mode = "text";
  }

  private takeCsi(character: string, code: number): void {
    if (code === 0x1b) this.mode = "escape";
    else if (code >= 0x40 && code <= 0x7e) {
      this.mode = "text";
      if (character === "m" && /^[0-9;:]*$/.test(this.parameters)) this.restyle();
    } else if (this.parameters.length < 64) this.parameters += character;
  }

  private takeString(character: string, code: number): void {
    if (code === 0x07 || code === 0x9c) this.mode = "text";
    else if (this.mode === "stringEscape") this.mode = character === "\\" ? "text" : "string";
    else if (code === 0x1b) this.mode = "stringEscape";
  }

  private startCsi(): void {
    this.mode = "csi";
    this.parameters = "";
  }

  private restyle(): void {
    this.flush();
    this.style = applySgr(this.style, this.parameters);
  }

  private write(text: string): void {
    if (this.returned) this.overwrite();
    if (this.columns >= MAX_COLUMNS) {
      this.cut += text.length;
      return;
    }
    this.text += text;
    this.columns += text.length;
  }

  private overwrite(): void {
    this.returned = false;
    this.segments = [];
    this.text = "";
    this.columns = 0;
    this.cut = 0;
  }

  private flush(): void {
    if (this.text !== "") this.segments.push({ text: this.text, style: this.style });
    this.text = "";
  }
}

/** Characters that reorder what is read; shown by their number, so that a log cannot show what it does not say. */
function isBidiControl(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}
