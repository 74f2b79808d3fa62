import { Counter, collectDefaultMetrics, Registry } from "prom-client";

/** Counters of one process. */
export interface Metrics {
  registry: Registry;
  /** Runs handed to workers by this process. */
  claims: Counter;
  /** Logins by outcome: `ok`, `wrong`, `limited`, `unavailable`. */
  logins: Counter<"outcome">;
}

const KEY = Symbol.for("self-serve.metrics");

/** The counters of this process, with those of Node itself (memory, event-loop delay). Once per process, whoever asks. */
export function metrics(): Metrics {
  const shared: typeof globalThis & { [KEY]?: Metrics } = globalThis;
  shared[KEY] ??= open();
  return shared[KEY];
}

function open(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    claims: new Counter({ name: "selfserve_claims_total", help: "Runs handed to workers by this process.", registers }),
    logins: new Counter({
      name: "selfserve_logins_total",
      help: "Logins by outcome.",
      labelNames: ["outcome"],
      registers,
    }),
  };
}
