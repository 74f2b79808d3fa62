/** Milliseconds of the machine's monotonic clock: the same in all processes, and untouched by the nemeses that shift clocks. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** What to add to a monotonic time to get milliseconds since 1970. Only a process whose clock is not shifted may ask. */
export function wallOffsetMs(): number {
  return Date.now() - nowMs();
}
