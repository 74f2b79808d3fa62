/** Redis cannot tell the order just now: it was emptied and is being rebuilt, is too slow, or is away. PostgreSQL can. */
export class QueueNotReady extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = "QueueNotReady";
  }

  /** By name: the pages' bundle and the plain handlers beside it each have a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "QueueNotReady";
  }
}
