"use client";

import { useQueries, useQuery } from "@tanstack/react-query";
import { CHUNK_LINES, type LogSize, runQueries } from "@/app/_queries/runs.ts";
import type { LogPart } from "@/lib/contracts/run.ts";
import { type ParsedLine, parseLine } from "./ansi.ts";
import { PLAIN } from "./sgr.ts";

/** A log, of which only the pieces that are looked at are read. */
export interface Log {
  size: LogSize | undefined;
  error: Error | null;
  retry: () => void;
  /** A line by its number from 1; undefined while it is on its way. */
  line: (number: number) => ParsedLine | undefined;
}

/** The log of a run, with the lines `first` to `last` (from 1) being read. */
export function useLog(runId: number, first: number, last: number): Log {
  const size = useQuery(runQueries.logSize(runId));
  const lines = size.data?.lines ?? 0;
  const from = Math.floor(Math.max(0, first - 1) / CHUNK_LINES);
  const to = Math.floor(Math.max(0, Math.min(last, lines) - 1) / CHUNK_LINES);
  const count = lines === 0 ? 0 : Math.max(0, to - from + 1);
  const parts = useQueries({
    queries: Array.from({ length: count }, (_, index) => runQueries.logChunk(runId, from + index)),
  });
  const failed = parts.find((part) => part.isError && part.data === undefined);
  return {
    size: size.data,
    error: size.data === undefined ? size.error : (failed?.error ?? null),
    retry: () => {
      void size.refetch();
      for (const part of parts) if (part.isError) void part.refetch();
    },
    line: (number) => {
      const part = parts[Math.floor((number - 1) / CHUNK_LINES) - from]?.data;
      return part === undefined ? undefined : parsed(part)[(number - 1) % CHUNK_LINES];
    },
  };
}

const cache = new WeakMap<LogPart, ParsedLine[]>();

/** A piece's lines, parsed once; a style goes on from line to line within it. */
function parsed(part: LogPart): ParsedLine[] {
  const known = cache.get(part);
  if (known !== undefined) return known;
  let style = PLAIN;
  const lines = part.lines.map((text) => {
    const line = parseLine(text, style);
    style = line.style;
    return line;
  });
  cache.set(part, lines);
  return lines;
}
