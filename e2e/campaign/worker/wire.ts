import type { Answer } from "./witness.ts";

/** An answer of the server with its parsed body. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** One POST of a worker. Throws when no whole answer came in time. */
export async function post(
  url: string,
  bearer: string,
  body: Buffer | object,
  timeoutMs: number,
  type = "application/json",
): Promise<Reply> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": type },
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const parsed: unknown = JSON.parse(await response.text());
  return { status: response.status, body: parsed as Record<string, unknown> };
}

/** What a checker needs to know of an answer. */
export function answerOf(reply: Reply | null): Answer {
  if (!reply) return { status: 0 };
  const { code, state } = reply.body;
  return {
    status: reply.status,
    ...(typeof code === "string" && { code }),
    ...(typeof state === "string" && { state }),
  };
}

/** Whether the same request is worth sending again. */
export function isPassing(reply: Reply | null): boolean {
  return reply === null || reply.status >= 500 || reply.status === 429;
}
