/** Requests to stop, as they come in. */
export interface StopRequests {
  /** Aborted at the first one. */
  signal: AbortSignal;
  /** Resolves at the first one. */
  first: Promise<void>;
  /** Resolves at the second one: somebody is in a hurry. */
  second: Promise<void>;
}

/** Listens for Ctrl-C, a request to end, the end of the terminal, and the death of whoever started us. */
export function untilAskedToStop(): StopRequests {
  const controller = new AbortController();
  let hurry: () => void = () => {};
  const second = new Promise<void>((resolve) => {
    hurry = resolve;
  });
  const first = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ask = () => {
    if (controller.signal.aborted) hurry();
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, ask);
  // A closed terminal and a dead parent often come together, and are no sign of impatience.
  process.on("SIGHUP", () => controller.abort());
  process.on("disconnect", () => controller.abort());
  process.stdout.on("error", () => controller.abort());
  return { signal: controller.signal, first, second };
}
