import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { BareRepository } from "./bare-repository.ts";

/** Files that the demo ships itself. */
export const SHIPPED = path.resolve(import.meta.dirname, "../../demo");

/** The developers of the demo, as the demo's directory knows them. */
export const DEVELOPERS = {
  dev: { name: "Devin Dev", mail: "dev@example.org" },
  dana: { name: "Dana Dev", mail: "dana@example.org" },
} as const;

/** A push to come: the branch, who pushes, and the revision, whose commits are in the repository already. */
export interface DemoPush {
  branch: string;
  pusher: keyof typeof DEVELOPERS;
  revision: string;
}

/** A repository whose commits are made and whose pushes are to be replayed in this order. */
export interface DemoProject {
  name: string;
  /** The short names of its branches: main's, try's. */
  branches: { main: string; try: string };
  repository: BareRepository;
  pushes: DemoPush[];
}

/** Where the demo keeps its repositories and packages. */
export interface DemoFolders {
  repositories: string;
  packages: string;
  /** For what is put together before a commit. */
  work: string;
}

/** The demo's folders in the data folder. */
export function demoFolders(dataDir: string): DemoFolders {
  const root = path.join(dataDir, "demo");
  return {
    repositories: path.join(root, "repositories"),
    packages: path.join(root, "packages"),
    work: path.join(root, "work"),
  };
}

/** Puts together a tree to commit: copies of files and folders, by their place in the tree. Answers its folder. */
export function layTree(work: string, parts: Record<string, string>): string {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const [place, source] of Object.entries(parts)) {
    cpSync(source, path.join(work, place), { recursive: true, preserveTimestamps: true });
  }
  return work;
}

/** Opens the bare repository of a project. */
export function openRepository(folders: DemoFolders, name: string): Promise<BareRepository> {
  return BareRepository.open(path.join(folders.repositories, `${name}.git`));
}
