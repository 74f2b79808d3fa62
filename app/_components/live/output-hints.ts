import type { Query, QueryClient } from "@tanstack/react-query";
import { keys } from "@/app/_queries/keys.ts";
import { isFinal, type LogSize } from "@/app/_queries/runs.ts";
import type { OutputHint } from "@/lib/contracts/event.ts";
import { LogPart } from "@/lib/contracts/run.ts";
import type { Invalidator } from "./invalidator.ts";

/** Whether a query holds a log, or how long it is. */
export function isLog(query: Query): boolean {
  return query.queryKey[0] === "log-size" || query.queryKey[0] === "log-chunk";
}

/** Everything except logs, and pieces of them, that are final. */
export function canChange(query: Query): boolean {
  const size = query.queryKey[0] === "log-size" ? (query.state.data as LogSize | undefined) : undefined;
  if (size?.complete) return false;
  if (query.queryKey[0] !== "log-chunk") return true;
  const part = LogPart.safeParse(query.state.data);
  return !part.success || !isFinal(part.data);
}

/** Takes a hint that a log has grown. An answer on its way may be older than the hint, which is never repeated, so it is read again. */
export function applyHint(queries: QueryClient, changes: Invalidator, hint: OutputHint): void {
  queries.setQueryData<LogSize>(keys.logSize(hint.runId), (known) =>
    known === undefined
      ? undefined
      : { lines: Math.max(known.lines, hint.lines), complete: known.complete || hint.complete },
  );
  const onItsWay = (query: Query) => query.queryKey[0] === "log-size" && query.state.fetchStatus === "fetching";
  changes.mark(
    (query) =>
      query.queryKey[1] === hint.runId && (onItsWay(query) || (query.queryKey[0] === "log-chunk" && canChange(query))),
  );
}
