import { ending, type NeededJob } from "./consequences.ts";
import { satisfies } from "./job-state.ts";

/** The first of the needed jobs that is done without success, as `linux64 opt build, which ended with failure`; null when none is. */
export function failedNeedOf(needs: readonly NeededJob[]): string | null {
  for (const { builder, state, result } of needs) {
    if (state === "done" && result !== null && !satisfies(result)) return `${builder}, which ${ending(result)}`;
  }
  return null;
}
