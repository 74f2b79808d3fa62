import { z } from "zod";
import { BuilderKind } from "./job.ts";

/** A builder's definition as a job stores it: defaults filled in, times in seconds. */
export const BuilderDefinition = z.object({
  name: z.string(),
  platform: z.string(),
  kind: BuilderKind,
  pool: z.string(),
  needs: z.array(z.string()),
  steps: z.array(z.object({ name: z.string(), run: z.string(), timeoutSeconds: z.int().positive() })).min(1),
  env: z.record(z.string(), z.string()),
  artifacts: z.array(z.string()),
  timeoutSeconds: z.int().positive(),
  exclusive: z.boolean(),
  mergeable: z.boolean(),
  considerForNightly: z.boolean(),
});
export type BuilderDefinition = z.infer<typeof BuilderDefinition>;
