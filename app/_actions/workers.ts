"use server";

import {
  ProbeWorkerInput,
  QuarantineWorkerInput,
  ReleaseWorkerInput,
  StopWorkerInput,
} from "@/lib/contracts/control.ts";
import { action } from "@/lib/http/action.ts";
import { disableWorker } from "@/lib/scheduler/disable-worker.ts";
import { drainWorker } from "@/lib/scheduler/drain-worker.ts";
import { probeWorker } from "@/lib/scheduler/probe-worker.ts";
import { quarantineWorker } from "@/lib/scheduler/quarantine-worker.ts";
import { releaseWorker } from "@/lib/scheduler/release-worker.ts";

export const quarantineWorkerAction = action(QuarantineWorkerInput, quarantineWorker);
export const drainWorkerAction = action(StopWorkerInput, drainWorker);
export const disableWorkerAction = action(StopWorkerInput, disableWorker);
export const releaseWorkerAction = action(ReleaseWorkerInput, releaseWorker);
export const probeWorkerAction = action(ProbeWorkerInput, probeWorker);
