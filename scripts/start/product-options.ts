import type { Progress } from "./progress.ts";

/** Variables of a process. */
export type Environment = Record<string, string | undefined>;

/** Which product to start, and where. */
export interface ProductOptions {
  /** The project's folder. */
  root: string;
  /** Takes everything the product keeps. */
  dataFolder: string;
  /** Variables that the user gave; a service whose URL is among them is not started. */
  given: Environment;
  port: number;
  workers: number;
  demo: boolean;
  mode: "production" | "development";
  /** Where the production build is, relative to `root`. */
  distDir: string;
  /** Whether data must survive a power cut; false for tests. */
  durable: boolean;
  progress: Progress;
  /** Gives up between two stages when aborted. */
  stopRequest?: AbortSignal;
}
