import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** I40: requests that make no sense are refused in words; none of them is a failure of the server's own. */
export function malformed(facts: Facts): Finding {
  const findings = new Findings("I40", "malformed requests are refused");
  for (const { kind, detail, from, until, target } of facts.faults) {
    if (kind !== "malformed requests" || !detail) continue;
    for (const status of JSON.parse(detail) as number[]) {
      findings.count("requests");
      findings.expect(
        status < 500 || status === 503,
        () => `A malformed request to ${target} between ${from} and ${until} was answered ${status}.`,
      );
    }
  }
  return findings.done();
}
