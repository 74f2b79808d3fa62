"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../keys/use-keys.ts";
import { plural } from "../time/format.ts";
import { ErrorState, Skeleton } from "../ui/states.tsx";
import "./log.css";
import { LogLine } from "./log-line.tsx";
import { LogTools } from "./log-tools.tsx";
import { useFollow } from "./use-follow.ts";
import { useLineHash } from "./use-line-hash.ts";
import { useLog } from "./use-log.ts";

const LINE_PX = 20;
/** No browser draws a taller element than this many lines need; the rest is in the raw log. */
const MOST_LINES = 800_000;
const OVERSCAN = 30;

interface LogViewerProps {
  runId: number;
  /** The run still writes. */
  live: boolean;
  /** The line to show first where the address names none; null for the beginning. */
  startLine: number | null;
}

/** A run's log: any size, growing while one looks, each line with an address. */
export function LogViewer({ runId, live, startLine }: LogViewerProps) {
  const scrolled = useRef<HTMLDivElement>(null);
  const marked = useLineHash();
  const [wrap, setWrap] = useState(false);
  const [range, setRange] = useState({ first: 1, last: 1 + OVERSCAN });
  const log = useLog(runId, range.first, range.last);
  const lines = Math.min(log.size?.lines ?? 0, MOST_LINES);
  const { following, setFollowing } = useFollow(scrolled, lines, live && marked === null);
  const rows = useVirtualizer({
    count: lines,
    getScrollElement: () => scrolled.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
  });
  const items = rows.getVirtualItems();
  const first = (items[0]?.index ?? 0) + 1;
  const last = (items.at(-1)?.index ?? OVERSCAN) + 1;
  if (first !== range.first || last !== range.last) setRange({ first, last });

  const shown = lines > 0;
  useEffect(() => {
    if (marked === null || !shown) return;
    setFollowing(false);
    rows.scrollToIndex(marked - 1, { align: "center" });
    scrolled.current?.scrollIntoView({ block: "nearest" });
  }, [marked, shown, rows, setFollowing]);
  const [start] = useState(startLine);
  useEffect(() => {
    if (start !== null && shown && window.location.hash === "") rows.scrollToIndex(start - 1, { align: "end" });
  }, [start, shown, rows]);
  useKeys({ f: () => setFollowing(!following) });

  return (
    <section aria-label="Output" className="card log overflow-hidden">
      <LogTools
        runId={runId}
        size={log.size}
        live={live}
        wrap={wrap}
        onWrap={setWrap}
        following={following}
        onFollow={setFollowing}
      />
      {log.error && <ErrorState error={log.error} retry={log.retry} />}
      {log.size === undefined && !log.error && <Skeleton className="m-4 h-40" />}
      {log.size?.lines === 0 && (
        <p className="px-4 py-6 text-ink-3 text-sm">{live ? "No output yet." : "This run wrote no output."}</p>
      )}
      <section
        ref={scrolled}
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        hidden={!shown}
        className="max-h-[70vh] min-h-24 overflow-auto py-2 font-mono text-xs leading-5 [overflow-anchor:none]"
      >
        <div className="relative min-w-full" style={items.length > 0 ? { height: rows.getTotalSize() } : undefined}>
          {items.map((row) => (
            <div
              key={row.key}
              data-index={row.index}
              ref={wrap ? rows.measureElement : undefined}
              className={wrap ? "absolute top-0 left-0 w-full" : "absolute top-0 left-0 min-w-full"}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <LogLine
                number={row.index + 1}
                line={log.line(row.index + 1)}
                marked={marked === row.index + 1}
                wrap={wrap}
              />
            </div>
          ))}
        </div>
      </section>
      {log.size !== undefined && log.size.lines > MOST_LINES && (
        <p className="border-line border-t px-4 py-2 text-ink-2 text-sm">
          {plural(log.size.lines - MOST_LINES, "more line")} in the raw log.
        </p>
      )}
    </section>
  );
}
