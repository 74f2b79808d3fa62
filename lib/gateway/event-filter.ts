import type { FeedItem } from "../events/feed-item.ts";

/** What a reader wants to hear of; all that are given must fit. */
interface EventFilter {
  push?: number | undefined;
  branch?: number | undefined;
  job?: number | undefined;
  run?: number | undefined;
}

/** Whether an item is for a reader with this filter. Hints that a log grew only have a run; where no run is wanted, all are told. */
export function eventFilter(wanted: EventFilter): (item: FeedItem) => boolean {
  return (item) => {
    if (item.kind === "output") return wanted.run === undefined || wanted.run === item.hint.runId;
    if (item.kind !== "event") return true;
    const { pushId, branchId, jobId, runId } = item.event;
    return (
      fits(wanted.push, pushId) && fits(wanted.branch, branchId) && fits(wanted.job, jobId) && fits(wanted.run, runId)
    );
  };
}

function fits(wanted: number | undefined, found: number | null): boolean {
  return wanted === undefined || wanted === found;
}
