"use server";

import { PausePoolInput, ResumePoolInput } from "@/lib/contracts/control.ts";
import { action } from "@/lib/http/action.ts";
import { pausePool } from "@/lib/scheduler/pause-pool.ts";
import { resumePool } from "@/lib/scheduler/resume-pool.ts";

export const pausePoolAction = action(PausePoolInput, pausePool);
export const resumePoolAction = action(ResumePoolInput, resumePool);
