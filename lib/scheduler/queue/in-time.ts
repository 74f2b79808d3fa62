import { QueueNotReady } from "./queue-not-ready.ts";

/** Asks Redis, and gives up after `timeoutMs`. Whatever goes wrong is a `QueueNotReady`; `what` names the question in its message. */
export async function inTime<Reply>(what: string, timeoutMs: number, ask: () => Promise<Reply>): Promise<Reply> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new QueueNotReady(`Redis did not answer "${what}" within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    if (error instanceof QueueNotReady) throw error;
    throw new QueueNotReady(`Redis could not answer "${what}".`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
