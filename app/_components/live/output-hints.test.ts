import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { keys } from "@/app/_queries/keys.ts";
import type { LogSize } from "@/app/_queries/runs.ts";
import { Invalidator } from "./invalidator.ts";
import { applyHint } from "./output-hints.ts";

const queries = new QueryClient();
afterEach(() => queries.clear());

/** A log whose length the server answers only when told to. */
function slowLog(runId: number) {
  const answers: ((size: LogSize) => void)[] = [];
  const queryFn = () => new Promise<LogSize>((resolve) => answers.push(resolve));
  return { answers, options: { queryKey: keys.logSize(runId), queryFn } };
}

it("reads a log's length again when a hint comes while an older answer is on its way", async () => {
  const log = slowLog(7);
  const changes = new Invalidator(queries);
  const first = queries.fetchQuery(log.options);
  applyHint(queries, changes, { runId: 7, lines: 4, bytes: 80, complete: false });
  log.answers[0]?.({ lines: 0, complete: false }); // read before the lines were there
  await first;

  const shown = queries.getQueryCache().find({ queryKey: keys.logSize(7) });
  await vi.waitFor(() => expect(shown?.state.isInvalidated).toBe(true));
  changes.stop();
});

it("takes the length from the hint when it is known already", async () => {
  queries.setQueryData<LogSize>(keys.logSize(8), { lines: 2, complete: false });
  const changes = new Invalidator(queries);
  applyHint(queries, changes, { runId: 8, lines: 5, bytes: 80, complete: true });
  expect(queries.getQueryData(keys.logSize(8))).toEqual({ lines: 5, complete: true });
  changes.stop();
});
