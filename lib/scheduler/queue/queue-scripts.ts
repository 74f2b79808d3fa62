import { script } from "./script.ts";

// The scripts of one pool's queue; each is described at the top of its file in lua/.

/** The queues of one pool, in the order of the classes. */
export type PerClass = [any: string, fast: string, reserved: string, reservedFast: string, idle: string];
/** What a write of places touches. */
export type WriteKeys = [...queues: PerClass, versions: string, epoch: string, gone: string];
/** What a read over all classes touches. */
export type ReadKeys = [epoch: string, ...queues: PerClass];

/** Adds or moves members. */
export const putScript = script<WriteKeys, [epoch: string, ...entries: (string | number)[]], string[] | null>("put");
/** Takes members out. */
export const removeScript = script<
  [...WriteKeys, held: string],
  [epoch: string, nowMs: number, ...removals: (string | number)[]],
  string[] | null
>("remove");
/** Takes the first members, or looks at them. */
export const popScript = script<
  [epoch: string, held: string, ...queues: string[]],
  [count: number, take: 0 | 1, last: number, ...avoided: string[]],
  (string | number)[] | null
>("pop", "now");
/** Counts what is served before a member. */
export const aheadScript = script<ReadKeys, [member: string], number | null>("ahead", "before");
/** Reads a part of the order. */
export const pageScript = script<ReadKeys, [offset: number, count: number], string[] | null>("page", "before");
/** Counts the members of each queue. */
export const sizeScript = script<ReadKeys, [], number[] | null>("size");
/** Forgets versions. */
export const forgetScript = script<[versions: string, gone: string], [beforeMs: number, count: number], number>(
  "forget",
);
