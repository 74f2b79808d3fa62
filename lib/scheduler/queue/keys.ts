/** The keys of one pool's queue. The hash tag keeps them in one slot of a cluster, so that a script may touch them together. */
export interface QueueKeys {
  /** Sorted set: member → score, lowest is served first. */
  queue: string;
  /** Hash: member → the last version that Redis was told. It outlives a pop and a removal. */
  versions: string;
  /** String that changes with every rebuild; absent means that the queue is not ready. */
  epoch: string;
  /** Sorted set: members whose jobs are done → when that was told (ms); their versions are forgotten later. */
  gone: string;
  /** String: the token of the rebuild that may swap itself in. */
  candidate: string;
}

/** The keys of a pool, by its id; names that people choose are never part of a key. */
export function queueKeys(poolId: number): QueueKeys {
  const tag = `{p:${poolId}}`;
  return {
    queue: `${tag}:q`,
    versions: `${tag}:v`,
    epoch: `${tag}:epoch`,
    gone: `${tag}:gone`,
    candidate: `${tag}:candidate`,
  };
}

/** Where the rebuild with this token collects its entries until they are swapped in. */
export function rebuildKeys(poolId: number, token: string): { queue: string; versions: string } {
  const keys = queueKeys(poolId);
  return { queue: `${keys.queue}:${token}`, versions: `${keys.versions}:${token}` };
}

/** A job's member: its id after one character that counts the id's digits, because Redis breaks ties by bytes and not by number. */
export function memberOf(jobId: number): string {
  const digits = String(jobId);
  return digits.length.toString(36) + digits;
}

/** The job that a member stands for. */
export function jobIdOf(member: string): number {
  return Number(member.slice(1));
}
