"use server";

import {
  CancelJobsInput,
  ReprioritizeJobsInput,
  RetriggerJobsInput,
  SplitJobInput,
  UndoCommandInput,
} from "@/lib/contracts/job.ts";
import { action } from "@/lib/http/action.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";
import { retriggerJobs } from "@/lib/scheduler/retrigger-jobs.ts";
import { splitJob } from "@/lib/scheduler/split-job.ts";
import { undoCommand } from "@/lib/scheduler/undo-command.ts";

export const cancelJobsAction = action(CancelJobsInput, cancelJobs);
export const retriggerJobsAction = action(RetriggerJobsInput, retriggerJobs);
export const reprioritizeJobsAction = action(ReprioritizeJobsInput, reprioritizeJobs);
export const undoCommandAction = action(UndoCommandInput, undoCommand);
export const splitJobAction = action(SplitJobInput, splitJob);
