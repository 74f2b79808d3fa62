/**
 * Keys of PostgreSQL's advisory locks with one key, side by side so that no two are the same. Any numbers, the same in every process and
 * version. A worker's slot and a suite's plan have two keys, which is a space of its own.
 */
export const ADVISORY_LOCKS = {
  /** Making the template of the tests' databases. */
  template: 7_461_001,
  /** Applying a configuration. */
  config: 7_461_002,
  /** The timer that leads holds it for as long as it does. */
  leader: 7_461_003,
  /** Shared by whoever gives a slot work, alone by whoever takes something out of service. */
  controls: 7_461_004,
} as const;
