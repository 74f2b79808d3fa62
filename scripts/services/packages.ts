import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { findSlapd } from "./directory.ts";

/** Something that must be installed on this machine. */
export type Requirement = "redis" | "openldap" | "git" | "c compiler" | "chromium" | "nginx" | "buildbot";

interface Recipe {
  title: string;
  /** Whether it is there. */
  present: () => boolean;
  debian: string[];
  /** Homebrew's name; undefined when the system brings it. */
  homebrew?: string;
  /** What to do without it. */
  otherwise: string;
  /** Units that its Debian package would start at the next boot. */
  units: string[];
}

const RECIPES: Record<Requirement, Recipe> = {
  redis: {
    title: "Redis",
    present: () => findProgram("redis-server") !== undefined,
    debian: ["redis-server"],
    homebrew: "redis",
    otherwise: "set REDIS_URL to a Redis 7 you run yourself",
    units: ["redis-server"],
  },
  openldap: {
    title: "OpenLDAP",
    present: () => findSlapd() !== undefined,
    debian: ["slapd"],
    homebrew: "openldap",
    otherwise: "set LDAP_URL and the other LDAP_ variables to a directory you run yourself",
    units: ["slapd"],
  },
  git: {
    title: "git",
    present: () => findProgram("git") !== undefined,
    debian: ["git"],
    homebrew: "git",
    otherwise: "install git",
    units: [],
  },
  "c compiler": {
    title: "a C compiler",
    present: () => findProgram("cc") !== undefined,
    debian: ["gcc", "libc6-dev"],
    otherwise: "install a C compiler for the demo, or start with --no-demo",
    units: [],
  },
  chromium: {
    title: "Chromium",
    present: () => findChromium() !== undefined,
    debian: ["chromium"],
    homebrew: "chromium",
    otherwise: "install Chromium",
    units: [],
  },
  nginx: {
    present: () => findProgram("nginx") !== undefined,
    debian: ["nginx-light"],
    homebrew: "nginx",
    title: "nginx",
    otherwise: "install nginx",
    units: ["nginx"],
  },
  buildbot: {
    present: () => findProgram("buildbot") !== undefined && findProgram("buildbot-worker") !== undefined,
    debian: ["buildbot", "buildbot-worker"],
    title: "Buildbot, to measure against",
    otherwise: "install Buildbot, or measure with --no-peer",
    units: ["buildbot", "buildbot-worker"],
  },
};

const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_TEXT = "#!/bin/sh\n# Of Self-Serve, while it installs packages: starts no service.\nexit 101\n";

/** No installation takes this long. */
const FORGOTTEN_MS = 3_600_000;

/** The path of a program, also of those for administrators. */
export function findProgram(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? "").split(path.delimiter),
    "/usr/sbin",
    "/sbin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
  ];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/** The path of a Chromium or Chrome, or undefined. */
export function findChromium(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];
  return names
    .map((name) => (path.isAbsolute(name) ? (isExecutable(name) ? name : undefined) : findProgram(name)))
    .find(Boolean);
}

/**
 * Installs what is missing with apt-get, as root or by `sudo -n`, without starting any system service. Throws an Error with one sentence
 * on what to do where that cannot work.
 */
export async function ensureInstalled(requirements: Requirement[], tell: (what: string) => void): Promise<void> {
  removeForgottenPolicy();
  const missing = requirements.filter((requirement) => !RECIPES[requirement].present());
  if (missing.length === 0) return;
  const packages = missing.flatMap((requirement) => RECIPES[requirement].debian);
  const become = rights();
  if (!findProgram("apt-get") || !become) throw new Error(advice(missing, packages));

  tell(`Installing ${packages.join(", ")}`);
  const failure = await install(become, packages);
  stopAtBoot(become, missing);
  const still = missing.filter((requirement) => !RECIPES[requirement].present());
  if (still.length > 0) throw new Error(`${failure}\n${advice(still, packages)}`.trim());
}

async function install(become: string[], packages: string[]): Promise<string> {
  const ownPolicy = existsSync(POLICY);
  if (!ownPolicy) spawnSync(become[0] ?? "env", [...become.slice(1), "tee", POLICY], { input: POLICY_TEXT });
  if (!ownPolicy) spawnSync(become[0] ?? "env", [...become.slice(1), "chmod", "755", POLICY]);
  try {
    await run(become, ["apt-get", "update", "-qq"]); // when it fails, the lists of the last time may still do
    const options = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];
    return await run(become, ["apt-get", "install", ...options, ...packages]);
  } finally {
    if (!ownPolicy) spawnSync(become[0] ?? "env", [...become.slice(1), "rm", "-f", POLICY]);
  }
}

/** Runs a command as root; resolves to the end of its error output, empty when it went well. */
function run(become: string[], command: string[]): Promise<string> {
  const [program = "env", ...args] = [...become, "DEBIAN_FRONTEND=noninteractive", ...command];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? "" : errors.trim()));
  });
}

/** The words before a command that make root run it; undefined when we may not. */
function rights(): string[] | undefined {
  if (process.getuid?.() === 0) return ["env"];
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0) return ["sudo", "-n", "env"];
  return undefined;
}

/** Ours are private; the packages' own services would take the standard ports after the next boot. */
function stopAtBoot(become: string[], installed: Requirement[]): void {
  const units = installed.flatMap((requirement) => RECIPES[requirement].units);
  if (units.length === 0 || !existsSync("/run/systemd/system")) return;
  spawnSync(become[0] ?? "env", [...become.slice(1), "systemctl", "disable", ...units], { stdio: "ignore" });
}

/** A kill in the middle of an installation may have left the file that stops services from starting. */
function removeForgottenPolicy(): void {
  try {
    const forgotten = Date.now() - statSync(POLICY).mtimeMs > FORGOTTEN_MS;
    if (forgotten && readFileSync(POLICY, "utf8") === POLICY_TEXT) rmSync(POLICY);
  } catch {
    // not there, or not ours to remove
  }
}

function advice(missing: Requirement[], packages: string[]): string {
  const command =
    process.platform === "darwin"
      ? `brew install ${missing
          .map((requirement) => RECIPES[requirement].homebrew)
          .filter(Boolean)
          .join(" ")}`
      : findProgram("apt-get")
        ? `sudo apt-get install ${packages.join(" ")}`
        : undefined;
  const otherwise = missing.map((requirement) => RECIPES[requirement].otherwise).join("; ");
  const titles = new Intl.ListFormat("en").format(missing.map((requirement) => RECIPES[requirement].title));
  return `${capital(titles)} ${missing.length === 1 ? "is" : "are"} missing on this machine: ${command ? `run "${command}", or ` : ""}${otherwise}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
