import type { ReceivePushInput, ReceivePushReply } from "../contracts/push.ts";
import { findPush, namePusher } from "../db/sql/own-pushes.ts";
import { readRepositoryByName, readWatchedBranches, type WatchedBranch } from "../db/sql/watched-branches.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";
import { ownerOf, recordPush } from "./record-push.ts";
import { schedulePush } from "./schedule-push.ts";
import { type PushPorts, SourceError } from "./source-control.ts";

const NOTHING = /^0+$/;
const ATTEMPTS = 10;

/**
 * Takes what a hook tells: brings the revisions, records the push and schedules it. The same message again has the same answer. When hooks
 * overtake each other, or the poller was first, every commit still belongs to one push, and the pusher that a hook names is the one that
 * counts. A ref that makes no push is answered with a note.
 */
export async function receivePush(
  ctx: SchedulerContext,
  input: ReceivePushInput,
  ports: PushPorts,
): Promise<ReceivePushReply> {
  requirePermission(ctx.actor, "push:record");
  const repository = await readRepositoryByName(ctx.sql, input.repository);
  if (!repository) throw new SchedulerError("not_found", `There is no repository ${input.repository} here.`);
  const ref = branchName(input.ref);
  if (ref === null) return note(`Only branches make pushes, and ${input.ref} is none.`);
  const branches = await readWatchedBranches(ctx.sql, repository.id);
  const branch = branches.find((one) => one.ref === ref);
  if (!branch) return note(`The branch ${ref} of ${repository.name} is not watched.`);
  if (NOTHING.test(input.after)) return note(`The branch ${ref} was deleted; its pushes stay.`);

  const pushIds = await recordAll(ctx, input, branch, ports);
  if (pushIds.length === 0) return note(`The revision ${input.after} is no longer to be had: its branch has moved on.`);
  for (const pushId of pushIds) {
    try {
      await schedulePush(ctx, { pushId }, ports);
    } catch (error) {
      if (!(error instanceof SourceError) && !(error instanceof SchedulerError)) throw error;
      return { pushIds, note: `The push is recorded. Its jobs follow shortly: ${error.message}` }; // the timer tries again
    }
  }
  const push = await findPush(ctx.sql, branch.id, input.after);
  if (push?.ownerId !== null) return { pushIds, note: null };
  const sentence = `No user ${input.pusher} is known here, so nobody owns the jobs of this push until they sign in.`;
  return { pushIds, note: sentence };
}

/** Records what is new, until the head is where the hook says or beyond. Ids of the pushes, the one of the hook's revision last. */
async function recordAll(
  ctx: SchedulerContext,
  { before, after, pusher }: ReceivePushInput,
  branch: WatchedBranch,
  ports: PushPorts,
): Promise<number[]> {
  const { source } = ports;
  const { repository } = branch;
  const made: number[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const branches = await readWatchedBranches(ctx.sql, repository.id);
    const head = branches.find(({ id }) => id === branch.id)?.headRevision ?? null;
    if (head === after) return [...made, ...(await known(ctx, branch, after, pusher, ports))];
    const tip = (await bring(repository, branch, ports)) ?? null;
    if (tip !== after) {
      // The branch has moved on since. What came before this message may be recorded already, alone or as part of a later push.
      const recorded = await known(ctx, branch, after, pusher, ports);
      if (recorded.length > 0) return [...made, ...recorded];
      if (!(await source.has(repository, after, { bring: true }))) return made;
      if (head !== null && (await source.isAncestor(repository, after, head))) return made;
    }
    const step = await nextStep(before, after, head, branch, ports);
    const others = branches.flatMap(({ id, headRevision }) => (id === branch.id ? [] : (headRevision ?? [])));
    const left = tip !== after && head === tip;
    const here = before === head || (!NOTHING.test(before) && (await source.has(repository, before)));
    const base = here ? before : null;
    const input = { branch, before: head, after: step, pusher: step === after ? pusher : null, known: others };
    const pushId = await recordPush(ctx, { ...input, base, left }, ports);
    if (pushId !== null) made.push(pushId);
    if (pushId !== null && step === after) return made;
  }
  throw new SchedulerError(
    "unavailable",
    `The branch ${branch.name} moves too fast to record this push; send it again.`,
  );
}

async function bring(repository: WatchedBranch["repository"], branch: WatchedBranch, { source }: PushPorts) {
  try {
    return (await source.fetch(repository, [branch.ref])).get(branch.ref);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const message = `The repository does not answer: ${error.message}. Send the push again, or leave it to the poller.`;
    throw new SchedulerError("unavailable", message, { cause: error });
  }
}

/** An earlier push whose own hook is still under way comes first, so that each keeps its own commits. */
async function nextStep(
  before: string,
  after: string,
  head: string | null,
  branch: WatchedBranch,
  { source }: PushPorts,
): Promise<string> {
  if (head === null || head === before || NOTHING.test(before)) return after;
  const between =
    (await source.isAncestor(branch.repository, head, before)) &&
    (await source.isAncestor(branch.repository, before, after));
  return between ? before : after;
}

/** The push of this revision, which the poller or an earlier message made; the hook's word on who pushed it counts. */
async function known(
  ctx: SchedulerContext,
  branch: WatchedBranch,
  revision: string,
  login: string,
  ports: PushPorts,
): Promise<number[]> {
  const push = await findPush(ctx.sql, branch.id, revision);
  if (!push) return [];
  if (push.pusherSource !== "hook") {
    const ownerId = await ownerOf(ctx, login, ports);
    await ctx.sql.transaction(async (tx) => {
      if (!(await namePusher(tx, push.id, login, ownerId))) return;
      await record(tx, ctx, {
        event: { type: "push.received", branchId: branch.id, pushId: push.id, body: { revision, pusher: login } },
        audit: {
          action: "push.name-pusher",
          object: `push:${push.id}`,
          before: push,
          after: { pusher: login, ownerId },
        },
      });
    });
    ctx.signals.send("relay");
  }
  return [push.id];
}

/** `main` of `refs/heads/main` or of `main`; null for tags and whatever else refs can be. */
function branchName(ref: string): string | null {
  if (!ref.startsWith("refs/")) return ref;
  return ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : null;
}

function note(sentence: string): ReceivePushReply {
  return { pushIds: [], note: sentence };
}
