import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/**
 * I1, I22: whatever was answered with 2xx is there for ever, with its event, and every job comes to an end once the faults are over.
 * A command's items are each done once, also those that went on after the answer.
 */
export function lostAck(facts: Facts): Finding {
  const findings = new Findings("I1 I22", "nothing acknowledged is lost");
  checkPushes(facts, findings);
  checkCommands(facts, findings);
  for (const job of facts.jobs) {
    findings.expect(job.state === "done", () => `Job ${job.id} (${job.builder}) was never done: it is ${job.state}.`);
  }
  const { calmAt, drainedAt, drainSeconds } = facts.meta;
  if (drainedAt !== null) findings.max("drainedMs", drainedAt - calmAt);
  findings.expect(
    drainedAt !== null && drainedAt - calmAt <= drainSeconds * 1000,
    () => `The queue was not drained ${drainSeconds} s after the last fault.`,
  );
  findings.count("jobs", facts.jobs.length);
  return findings.done();
}

function checkPushes({ history, pushes, events }: Facts, findings: Findings): void {
  const known = new Map(pushes.map((push) => [push.id, push]));
  const told = new Set(events.filter((event) => event.type === "push.received").map(({ body }) => body.revision));
  for (const { op, outcome, reply, revision } of history) {
    if (op !== "push" || outcome !== "ok") continue;
    const pushIds = reply.pushIds ?? [];
    findings.expect(
      pushIds.some((id) => known.get(id)?.revision === revision) && told.has(revision),
      () => `The push of ${revision} was acknowledged as ${pushIds} and is not there, or has no event.`,
    );
    for (const id of pushIds) {
      const push = known.get(id);
      findings.expect(
        push?.config_state === "scheduled" && push.jobs > 0,
        () =>
          `Push ${id} was acknowledged and has ${push?.jobs ?? 0} jobs; its configuration is ${push?.config_state}.`,
      );
    }
  }
}

function checkCommands({ history, commands, items, jobs, events }: Facts, findings: Findings): void {
  const known = new Map(commands.map((command) => [command.id, command]));
  const outcomes = new Map(items.map((item) => [`${item.command_id}:${item.job_id}`, item.outcome]));
  const jobIds = new Set(jobs.map((job) => job.id));
  const told = new Set(events.map((event) => `${event.type}:${event.job_id}`));
  for (const { op, outcome, reply } of history) {
    const { commandId, items: replied = [] } = reply;
    if (outcome !== "ok" || commandId === undefined) continue;
    findings.expect(
      known.get(commandId)?.completed_at != null,
      () => `Command ${commandId} (${op}) was acknowledged and is ${known.has(commandId) ? "not complete" : "gone"}.`,
    );
    for (const { jobId, outcome: said, created } of replied) {
      const kept = outcomes.get(`${commandId}:${jobId}`);
      const same = kept === said || (said === "pending" && kept !== undefined && kept !== "pending");
      findings.expect(same, () => `Command ${commandId} said ${said} of job ${jobId}, and kept ${kept}.`);
      for (const id of created) {
        findings.expect(
          jobIds.has(id) && told.has(`job.created:${id}`),
          () => `Job ${id} was made by command ${commandId} and is not there, or has no event.`,
        );
      }
      const event =
        said === "done" ? { cancel: "job.cancelled", reprioritize: "job.reprioritized" }[op as string] : undefined;
      if (event)
        findings.expect(
          told.has(`${event}:${jobId}`),
          () => `Job ${jobId} was answered ${op}: done and has no ${event}.`,
        );
    }
  }
}
