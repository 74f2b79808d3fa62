import type { SchedulerContext } from "../scheduler/context.ts";
import { PollTimes, pollRepositories } from "../scheduler/poll-repositories.ts";
import { rescoreJobs } from "../scheduler/rescore-jobs.ts";
import { PendingRetries, schedulePendingPushes } from "../scheduler/schedule-push.ts";
import type { PushPorts } from "../scheduler/source-control.ts";
import type { ConfigFollower } from "./follow-config.ts";
import type { Task } from "./task.ts";

/** What the tasks about sources work with. */
export interface SourceTaskOptions {
  ctx: SchedulerContext;
  ports: PushPorts;
  config: ConfigFollower;
}

/** What the leader does about the configuration, repositories and pushes, and how to wait for what it began. */
export interface SourceTasks {
  tasks: Task[];
  idle(): Promise<void>;
}

/** The tasks of one term of leading. */
export function sourceTasks({ ctx, ports, config }: SourceTaskOptions): SourceTasks {
  const times = new PollTimes();
  const retries = new PendingRetries();
  return {
    tasks: [
      { name: "configuration", everyMs: 1000, topics: [], run: () => config.look() },
      { name: "polling", everyMs: 500, topics: [], run: (abort) => pollRepositories(ctx, times, ports, abort) },
      {
        name: "pending pushes",
        everyMs: 3000,
        topics: [],
        run: async () => {
          await schedulePendingPushes(ctx, retries, ports);
        },
      },
      {
        name: "scores",
        everyMs: 30_000,
        topics: [],
        run: async () => {
          await rescoreJobs(ctx); // of jobs that were submitted while the figures changed
        },
      },
    ],
    idle: async () => {
      await Promise.all([times.idle(), config.close()]);
    },
  };
}
