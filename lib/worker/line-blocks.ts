import { isUtf8 } from "node:buffer";

/** A line that is longer, with its line break, is cut. */
export const MAX_LINE_BYTES = 2 ** 20;

const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);

/** Turns raw output into blocks of whole lines: valid UTF-8, every line with its break and at most `maxLine` bytes. */
export class LineBlocks {
  private readonly maxLine: number;
  private rest: Buffer = EMPTY;

  constructor(maxLine: number = MAX_LINE_BYTES) {
    this.maxLine = maxLine;
  }

  /** The lines that `data` completes; may be empty. */
  push(data: Buffer): Buffer {
    const all = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    // A copy: the stream may reuse its memory, and a small rest must not hold a large block.
    this.rest = Buffer.from(all.subarray(end));
    const lines = end === 0 ? EMPTY : this.clean(all.subarray(0, end));
    if (this.rest.length < this.maxLine) return lines;
    return Buffer.concat([lines, ...this.cutRest()]);
  }

  /** What came after the last line break, as a line. */
  end(): Buffer {
    const last = this.rest.length === 0 ? EMPTY : this.clean(Buffer.concat([this.rest, Buffer.from("\n")]));
    this.rest = EMPTY;
    return last;
  }

  private cutRest(): Buffer[] {
    const parts: Buffer[] = [];
    while (this.rest.length >= this.maxLine) {
      const cut = characterStart(this.rest, this.maxLine - 1);
      parts.push(this.clean(Buffer.concat([this.rest.subarray(0, cut), Buffer.from("\n")])));
      this.rest = Buffer.from(this.rest.subarray(cut));
    }
    return parts;
  }

  private clean(lines: Buffer): Buffer {
    const text = isUtf8(lines) ? lines : Buffer.from(lines.toString("utf8"));
    return text.length <= this.maxLine ? text : this.cutLines(text);
  }

  private cutLines(text: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf(NEWLINE, start) + 1 || text.length;
      if (end - start <= this.maxLine) {
        parts.push(text.subarray(start, end));
        start = end;
      } else {
        const cut = characterStart(text, start + this.maxLine - 1);
        parts.push(text.subarray(start, cut), Buffer.from("\n"));
        start = cut;
      }
    }
    return Buffer.concat(parts);
  }
}

/** How many lines end in the block. */
export function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** The last place at or before `at` where a character begins, so that a cut there splits none. */
function characterStart(text: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) {
    if (((text[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
