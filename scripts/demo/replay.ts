import { setTimeout } from "node:timers/promises";
import type { DemoProject, DemoPush } from "./demo-project.ts";

/** Where pushes are told of. */
export interface HookTarget {
  /** The server's address, such as `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** A token of the scope pushes:write. */
  hookToken: string;
}

const NOTHING = "0".repeat(40);
const PATIENCE_MS = 120_000;
const RETRY_MS = 500;
/** Between two pushes, so that they can be watched as they come. */
const PACE_MS = 1_500;

/** Makes the pushes of a project that have not been made, one after the other, and tells of each through the hook's address. */
export async function replay(project: DemoProject, target: HookTarget, abort?: AbortSignal): Promise<void> {
  const { repository, pushes, name } = project;
  for (const [index, push] of pushes.entries()) {
    if (index < (await repository.count())) continue;
    abort?.throwIfAborted();
    const before = await repository.head(push.branch);
    const moved = before === push.revision; // by an earlier start that was stopped before it could tell
    if (!moved) await repository.move(push.branch, push.revision);
    await tell(name, push, (moved ? null : before) ?? NOTHING, target, abort);
    await repository.setCount(index + 1);
    await setTimeout(PACE_MS, undefined, abort ? { signal: abort } : {});
  }
}

/** The server may not have read its configuration yet, or may be busy: tried again for two minutes. */
async function tell(
  repository: string,
  { branch, revision, pusher }: DemoPush,
  before: string,
  { baseUrl, hookToken }: HookTarget,
  abort?: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ repository, ref: `refs/heads/${branch}`, before, after: revision, pusher });
  const headers = { authorization: `Bearer ${hookToken}`, "content-type": "application/json" };
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await post(`${baseUrl}/api/v1/pushes`, headers, body, abort);
    if (answer.recorded) return;
    if (Date.now() > until)
      throw new Error(`The push of ${pusher} to ${branch} of ${repository} was not taken: ${answer.said}`);
    await setTimeout(RETRY_MS, undefined, abort ? { signal: abort } : {});
  }
}

async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  abort?: AbortSignal,
): Promise<{ recorded: boolean; said: string }> {
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(30_000), ...(abort ? [abort] : [])]);
    const response = await fetch(url, { method: "POST", headers, body, signal });
    const said = await response.text();
    return { recorded: response.ok && (JSON.parse(said) as { pushIds: unknown[] }).pushIds.length > 0, said };
  } catch (error) {
    abort?.throwIfAborted();
    return { recorded: false, said: String(error) };
  }
}
