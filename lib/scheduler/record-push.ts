import type { PusherSource } from "../contracts/push.ts";
import { insertPush } from "../db/sql/insert-push.ts";
import { findUserByLogin, findUserByMail } from "../db/sql/own-pushes.ts";
import type { WatchedBranch } from "../db/sql/watched-branches.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";
import type { PushPorts, SourceCommit } from "./source-control.ts";

/** A branch that has moved, as the source shows it. */
export interface RecordPushInput {
  branch: WatchedBranch;
  /** Where the branch's head was when the source was asked; the push is recorded only while it is still there. */
  before: string | null;
  /** Where it is now: the full revision. */
  after: string;
  /** The login name that a hook told, or null when nobody told who pushed. */
  pusher: string | null;
  /** The older end of the range where the head says nothing about it: the branch is seen for the first time. */
  base?: string | null;
  /** The branch has left this revision already: the push is kept, compared with `base`, and the head stays where it is. */
  left?: boolean;
  /** Revisions whose history is no news, for a branch that is seen for the first time; without any, its tip alone is the push. */
  known?: readonly string[];
}

const MAX_COMMITS = 500;
const MAX_FILES = 1000;
const MAX_LISTED_MESSAGE = 4000;

/**
 * Writes a push: moves the branch's head from `before` to `after` and keeps the range with its commits, files and pusher, with event and
 * audit row, in one transaction. Answers the push's id, or null when the head is not (or no longer) at `before`: whoever moved it has
 * recorded that. So a hook and a poller, or many of either, make one push of one arrival.
 */
export async function recordPush(
  ctx: SchedulerContext,
  input: RecordPushInput,
  ports: PushPorts,
): Promise<number | null> {
  requirePermission(ctx.actor, "push:record");
  const { branch, before, after } = input;
  const from = (input.left ? null : before) ?? input.base ?? null;
  const { range, files, forced } = await readRange(input, from, ports);
  const [tip] = range.commits;
  if (!tip) throw new Error(`The revision ${after} has no commit to show.`);
  const pusher = await whoPushed(ctx, input, tip, ports);

  const pushId = await ctx.sql.transaction(async (tx) => {
    const id = await insertPush(
      tx,
      branch.id,
      { before, head: input.left ? before : after },
      {
        revision: after,
        parentRevision: from,
        forced,
        ...pusher,
        authorName: tip.authorName,
        authorEmail: tip.authorEmail,
        authoredAt: tip.authoredAt,
        message: tip.message,
        commits: range.commits.map(listed),
        commitCount: range.count,
        files: files.paths,
        fileCount: files.count,
      },
    );
    if (id === null) return null;
    await record(tx, ctx, {
      event: { type: "push.received", branchId: branch.id, pushId: id, body: { revision: after } },
      audit: {
        action: "push.record",
        object: `push:${id}`,
        after: { branch: branch.name, before, revision: after, forced, ...pusher },
      },
    });
    return id;
  });
  if (pushId !== null) ctx.signals.send("relay");
  return pushId;
}

async function readRange({ branch, after, known = [] }: RecordPushInput, from: string | null, { source }: PushPorts) {
  const { repository } = branch;
  const without = from === null ? known : [from];
  const [range, files, forced] = await Promise.all([
    // Without an older end, the tip alone: the whole history is no news.
    without.length === 0
      ? source.commits(repository, after, [after], 1)
      : source.commits(repository, after, without, MAX_COMMITS),
    source.changedFiles(repository, from, after, MAX_FILES),
    from === null ? false : source.isAncestor(repository, from, after).then((is) => !is),
  ]);
  return { range, files, forced };
}

/** A hook is trusted to know who pushed. Without one, only the author of the tip is known, and that is enough only where the branch says so. */
async function whoPushed(
  ctx: SchedulerContext,
  { branch, pusher }: RecordPushInput,
  tip: SourceCommit,
  ports: PushPorts,
): Promise<{ pusherSource: PusherSource; pusherName: string | null; ownerId: number | null }> {
  if (pusher !== null) {
    return { pusherSource: "hook", pusherName: pusher, ownerId: await ownerOf(ctx, pusher, ports) };
  }
  if (!branch.trustAuthors || tip.authorEmail === "")
    return { pusherSource: "unknown", pusherName: null, ownerId: null };
  const ownerId = await findUserByMail(ctx.sql, tip.authorEmail);
  return { pusherSource: "author", pusherName: tip.authorEmail, ownerId };
}

/** The user with this login name: whom the directory knows, where the process can ask it; else whoever has been here before. */
export async function ownerOf(ctx: SchedulerContext, login: string, ports: PushPorts): Promise<number | null> {
  const known = await findUserByLogin(ctx.sql, login);
  if (known !== null || !ports.resolvePusher) return known;
  try {
    return await ports.resolvePusher(login);
  } catch {
    return null; // the directory is away: the push counts, and they get it when they first log in
  }
}

function listed(commit: SourceCommit) {
  return {
    ...commit,
    authoredAt: commit.authoredAt.toISOString(),
    message: commit.message.slice(0, MAX_LISTED_MESSAGE).toWellFormed(),
  };
}
