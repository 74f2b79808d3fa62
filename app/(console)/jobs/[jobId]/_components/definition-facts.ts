import type { z } from "zod";
import { plural } from "@/app/_components/time/format.ts";
import { BuilderDefinition } from "@/lib/contracts/in-tree-config.ts";

/** What decides where, when and how often a job runs. Definitions of older versions lack some of it. */
const Told = BuilderDefinition.pick({
  mergeable: true,
  mergeLimit: true,
  affinity: true,
  workers: true,
  idle: true,
  chunk: true,
  retry: true,
}).partial({ mergeable: true });
type Told = z.infer<typeof Told>;

/** What a job's stored definition says about how it is run, in words: pairs of a name and what holds, those that say something only. */
export function definitionFacts(definition: Record<string, unknown>): { name: string; value: string }[] {
  const { data } = Told.safeParse(definition);
  if (data === undefined) return [];
  const { chunk, workers, idle, affinity } = data;
  return [
    chunk && { name: "Chunk", value: `${chunk.index} of ${chunk.of} of ${chunk.suite}` },
    workers === "fast" && { name: "Runs on", value: "fast workers" },
    idle && { name: "Runs when", value: "enough workers are free" },
    affinity !== null && { name: "Prefers", value: "the worker that built it last" },
    { name: "Shares a run", value: sharing(data) },
    { name: "Is tried again", value: retries(data.retry) },
  ].filter((fact) => fact !== null && fact !== false);
}

function sharing({ mergeable, mergeLimit }: Told): string {
  if (mergeable === false || mergeLimit === 1) return "never";
  if (mergeLimit === "all") return "with all that wait, at the newest push";
  return `with up to ${plural(mergeLimit - 1, "other job")}`;
}

function retries({ limit, exitCodes }: BuilderDefinition["retry"]): string {
  if (limit === 0) return "never";
  const codes =
    exitCodes.length === 0
      ? ""
      : `, exit ${exitCodes.length === 1 ? "code" : "codes"} ${exitCodes.join(", ")} among them`;
  return `up to ${plural(limit, "time")} after faults of the infrastructure${codes}`;
}
