import { chmod, copyFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkChunk } from "../contracts/work.ts";

const SPLIT = fileURLToPath(new URL("./split-parts.ts", import.meta.url));

/** What a chunk of a suite finds: the executable that tells which parts are its own, and the file for how long they took. */
export interface ChunkFiles {
  split: string;
  timings: string;
}

/** Puts them into the run's directory. Nothing but the node that runs the agent is needed outside of it. */
export async function makeChunkFiles(dir: string, chunk: WorkChunk): Promise<ChunkFiles> {
  const files = { split: path.join(dir, "split"), timings: path.join(dir, "timings") };
  const [program, share] = [path.join(dir, "split.mts"), path.join(dir, "chunk.json")];
  await copyFile(SPLIT, program);
  await chmod(program, 0o644);
  await writeFile(share, JSON.stringify(chunk), { mode: 0o644 });
  const words = [process.execPath, "--no-warnings", program, share].map(quoted);
  await writeFile(files.split, `#!/bin/sh\nunset NODE_OPTIONS\nexec ${words.join(" ")}\n`, { mode: 0o755 });
  await writeFile(files.timings, "");
  return files;
}

/** A word as the shell takes it, whatever it holds. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
