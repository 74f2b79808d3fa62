import { doubleCount } from "./double-count.ts";
import { fence } from "./fence.ts";
import type { Checker } from "./finding.ts";
import { lostAck } from "./lost-ack.ts";
import { overlap } from "./overlap.ts";
import { terminal } from "./terminal.ts";

/** Every checker of the campaign. */
export const CHECKERS: readonly Checker[] = [lostAck, doubleCount, fence, overlap, terminal];
