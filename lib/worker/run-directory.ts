import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, lchown, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { makeChunkFiles } from "./chunk-files.ts";
import type { RunAs } from "./options.ts";
import type { RunPlaces } from "./step-env.ts";

/** Makes the fresh directory of a run, with everything but the checkout in it. */
export async function makeRunDirectory(parent: string, work: Work, owner: RunAs | null): Promise<RunPlaces> {
  const dir = path.join(parent, String(work.runId));
  const places = {
    dir,
    checkout: path.join(dir, "checkout"),
    home: path.join(dir, "home"),
    tmp: path.join(dir, "tmp"),
    artifacts: path.join(dir, "artifacts"),
    outputs: path.join(dir, "outputs"),
    properties: path.join(dir, "properties.json"),
    chunk: null,
  };
  await removeDirectory(dir);
  await mkdir(dir, { recursive: true, mode: 0o711 });
  await mkdir(places.artifacts, { mode: 0o700 }); // given to the owner when the needed ones are there
  for (const place of [places.home, places.tmp]) {
    await mkdir(place, { mode: 0o700 });
    if (owner !== null) await chown(place, owner.uid, owner.gid);
  }
  await writeFile(places.outputs, "");
  if (owner !== null) await chown(places.outputs, owner.uid, owner.gid);
  await writeFile(places.properties, `${JSON.stringify(work.properties)}\n`, { mode: 0o644 });
  if (work.chunk === null) return places;
  const chunk = await makeChunkFiles(dir, work.chunk);
  if (owner !== null) await chown(chunk.timings, owner.uid, owner.gid);
  return { ...places, chunk };
}

/** The directory's name for a builder, whose own name may hold anything. */
export function directoryOfBuilder(builder: string): string {
  const name = builder.replaceAll(/[^A-Za-z0-9._ +-]/g, "_").slice(0, 200);
  return /^\.*$/.test(name) ? `_${name}` : name;
}

/**
 * Gives a directory that the agent has filled to the user of the steps, from the inside out: as long as the agent writes somewhere, no
 * process of that user can put a link there.
 */
export async function giveDirectory(dir: string, { uid, gid }: RunAs): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const inside = path.join(dir, entry.name);
    if (entry.isDirectory()) await giveDirectory(inside, { uid, gid });
    else await lchown(inside, uid, gid);
  }
  await lchown(dir, uid, gid);
}

/** Removes a directory with everything in it; whatever is in the way stays. A process of its own, because it may take long. */
export async function removeDirectory(dir: string): Promise<void> {
  const child = spawn("rm", ["-rf", "--", dir], { stdio: "ignore" });
  await once(child, "exit");
}
