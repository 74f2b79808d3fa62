"use server";

import { CancelJobsInput, ReprioritizeJobsInput, RetriggerJobInput } from "@/lib/contracts/job.ts";
import { action } from "@/lib/http/action.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";
import { retriggerJob } from "@/lib/scheduler/retrigger-job.ts";

export const cancelJobsAction = action(CancelJobsInput, cancelJobs);
export const retriggerJobAction = action(RetriggerJobInput, retriggerJob);
export const reprioritizeJobsAction = action(ReprioritizeJobsInput, reprioritizeJobs);
