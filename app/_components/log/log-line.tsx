import { clsx } from "clsx";
import type { ParsedLine, Segment } from "./ansi.ts";

interface LogLineProps {
  number: number;
  line: ParsedLine | undefined;
  /** The address names it. */
  marked: boolean;
  wrap: boolean;
}

/** One line of a log: its number, which is a link to it, and its text. */
export function LogLine({ number, line, marked, wrap }: LogLineProps) {
  return (
    <div data-line={number} className={clsx("flex min-h-5 pr-4", marked ? "bg-accent-soft" : "hover:bg-hover")}>
      <a
        href={`#L${number}`}
        aria-label={`Line ${number}`}
        className={clsx(
          "w-12 shrink-0 select-none pr-3 sm:w-16 sm:pr-4 text-right tabular-nums hover:text-accent hover:underline",
          marked ? "text-accent" : "text-ink-3",
        )}
      >
        {number}
      </a>
      <code
        dir="ltr"
        className={clsx(
          "font-[inherit] [unicode-bidi:isolate]",
          wrap ? "min-w-0 break-all whitespace-pre-wrap" : "whitespace-pre",
        )}
      >
        {line === undefined ? <span className="text-ink-3">…</span> : <Text line={line} />}
      </code>
    </div>
  );
}

function Text({ line }: { line: ParsedLine }) {
  return (
    <>
      {line.segments.map((segment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line's pieces never move
        <span key={index} className={classOf(segment)}>
          {segment.text}
        </span>
      ))}
      {line.cut > 0 && (
        <span className="text-ink-3"> … {line.cut.toLocaleString("en")} more characters, in the raw log</span>
      )}
    </>
  );
}

function classOf({ style }: Segment): string | undefined {
  const classes = clsx(
    style.foreground !== null && `ansi-fg-${style.foreground}`,
    style.background !== null && `ansi-bg-${style.background}`,
    style.bold && "ansi-bold",
    style.dim && "ansi-dim",
    style.italic && "ansi-italic",
    style.underline && "ansi-underline",
    style.inverse && "ansi-inverse",
  );
  return classes === "" ? undefined : classes;
}
