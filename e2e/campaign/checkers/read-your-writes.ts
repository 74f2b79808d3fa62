import type { Operation } from "../driver/history.ts";
import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** I38: whoever was told that something is done reads it at once, from any process, unless somebody else meddled since. */
export function readYourWrites({ history }: Facts): Finding {
  const findings = new Findings("I38", "what was answered is what is read");
  const ofJob = new Map<number, Operation[]>();
  for (const operation of history) {
    for (const jobId of jobsOf(operation)) ofJob.set(jobId, [...(ofJob.get(jobId) ?? []), operation]);
  }
  const commands = new Map(history.map((operation) => [operation.reply.commandId, operation]));
  for (const undo of history.filter(({ op }) => op === "undo")) {
    for (const jobId of commands.get(undo.commandId)?.jobIds ?? [])
      ofJob.set(jobId, [...(ofJob.get(jobId) ?? []), undo]);
  }
  for (const [jobId, operations] of ofJob) {
    const writes = operations.filter(({ op }) => op !== "read");
    for (const read of operations.filter(({ op, outcome }) => op === "read" && outcome === "ok")) {
      checkRead(jobId, read, writes, findings);
    }
  }
  return findings.done();
}

function checkRead(jobId: number, read: Operation, writes: readonly Operation[], findings: Findings): void {
  const before = writes.filter((write) => write.invokedAt < read.returnedAt);
  const last = before.toSorted((a, b) => a.returnedAt - b.returnedAt).at(-1);
  if (last?.outcome !== "ok" || last.returnedAt > read.invokedAt || last.op === "undo") return;
  // Two writes at once: either may be the last one.
  if (before.some((other) => other !== last && other.returnedAt > last.invokedAt)) return;
  const item = last.reply.items?.find((one) => one.jobId === jobId);
  const { job } = read.reply;
  if (item?.outcome !== "done" || !job) return;
  if (last.op === "cancel") {
    findings.expect(
      job.result === "cancelled",
      () => `Job ${jobId} was cancelled, and is read as ${job.state} ${job.result}.`,
    );
  } else {
    findings.expect(
      job.priority === last.priority,
      () => `Job ${jobId} was given the priority ${last.priority}, and is read with ${job.priority}.`,
    );
  }
}

function jobsOf({ op, jobIds }: Operation): number[] {
  return op === "read" || op === "cancel" || op === "reprioritize" ? jobIds : [];
}
