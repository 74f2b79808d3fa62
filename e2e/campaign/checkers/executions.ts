import type { Facts } from "../facts.ts";

/** When a worker really executed a run, by its own words. */
export interface Execution {
  runId: number;
  worker: string;
  boot: string;
  slot: number;
  jobIds: number[];
  exclusive: boolean;
  from: number;
  /** Its word that it stopped, or the last word of a start of the worker that died. */
  until: number;
}

/** All executions, by the beginning. */
export function executionsOf({ witness }: Facts): Execution[] {
  const lastWords = new Map<string, number>();
  for (const { boot, at } of witness) lastWords.set(boot, Math.max(at, lastWords.get(boot) ?? 0));
  const open = new Map<string, Execution>();
  const all: Execution[] = [];
  for (const word of witness) {
    if (word.said === "start") {
      const { runId, worker, boot, slot, jobIds, exclusive, at } = word;
      const execution = { runId, worker, boot, slot, jobIds, exclusive, from: at, until: lastWords.get(boot) ?? at };
      open.set(`${boot}:${runId}`, execution);
      all.push(execution);
    }
    if (word.said === "stop") {
      const execution = open.get(`${word.boot}:${word.runId}`);
      if (execution) execution.until = word.at;
    }
  }
  return all;
}
