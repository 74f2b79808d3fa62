import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../../scripts/services/ports.ts";
import { inFlight } from "./in-flight.ts";
import { JsonClient } from "./json-client.ts";
import type { Load } from "./self-serve.ts";

const WORKERS = 4;
const SLOTS = 4;
const SUBMITTERS = 16;
const START_MS = 60_000;
/** As for us: nobody submits more while so many wait. */
const BACKLOG = 200;

/** Debian's Buildbot with its defaults (SQLite), four workers of four slots on this machine, and a builder that runs `true`. */
export class Buildbot {
  private readonly folder: string;
  private readonly client: JsonClient;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.client = new JsonClient(`http://127.0.0.1:${port}`);
  }

  static async start(): Promise<Buildbot> {
    const folder = mkdtempSync(path.join(tmpdir(), "self-serve-bench-buildbot-"));
    const [web, wire] = [await freePort(), await freePort()];
    const master = path.join(folder, "master");
    writeWebPlugin(path.join(folder, "site"));
    run("buildbot", ["create-master", master]);
    writeFileSync(path.join(master, "master.cfg"), masterConfig(web, wire));
    run("buildbot", ["start", "--start_timeout=60", master], { PYTHONPATH: path.join(folder, "site") });
    for (const name of workerNames()) {
      const directory = path.join(folder, name);
      mkdirSync(directory);
      run("buildbot-worker", ["create-worker", directory, `127.0.0.1:${wire}`, name, "secret"]);
      run("buildbot-worker", ["start", directory]);
    }
    const bot = new Buildbot(folder, web);
    await bot.untilReady();
    return bot;
  }

  /** Version as the master tells it, such as `3.7.0`. */
  version(): string {
    return /version: (\S+)/i.exec(run("buildbot", ["--version"]))?.[1] ?? "3.7";
  }

  /** Submits builds as fast as they are worked off, for so long after a warm-up, and counts those that ended. */
  async load(warmUpMs: number, measureMs: number): Promise<Load> {
    const submitMs: number[] = [];
    let from = Number.POSITIVE_INFINITY;
    let submitted = 0;
    let ended = await this.ended();
    const already = ended;
    const until = performance.now() + warmUpMs + measureMs;
    const submitting = inFlight(SUBMITTERS, async () => {
      const began = performance.now();
      if (began >= until) return false;
      if (submitted - (ended - already) >= BACKLOG) {
        await pause(100);
        return true;
      }
      submitted += 1;
      await this.submit(submitted);
      if (began >= from) submitMs.push(performance.now() - began);
      return true;
    });
    await pause(warmUpMs);
    from = performance.now();
    const [before, startedAt] = [await this.ended(), performance.now()];
    while (performance.now() < startedAt + measureMs) {
      await pause(1_000);
      ended = await this.ended();
    }
    const jobsPerSecond = (1_000 * (ended - before)) / (performance.now() - startedAt);
    await submitting;
    return { jobsPerSecond, submitMs };
  }

  stop(): void {
    this.client.close();
    // an orderly stop waits for what is left of the load
    for (const name of ["master", ...workerNames()]) {
      process.kill(Number(readFileSync(path.join(this.folder, name, "twistd.pid"), "utf8")), "SIGKILL");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async submit(id: number): Promise<void> {
    const call = { id, jsonrpc: "2.0", method: "force", params: { builderid: 1, reason: "bench" } };
    await this.client.post("/api/v2/forceschedulers/force", null, call);
  }

  private async ended(): Promise<number> {
    const { status, body } = await this.client.get(
      "/api/v2/builds?complete=true&limit=1&order=-number&field=number&field=complete",
    );
    if (status !== 200) throw new Error(`Buildbot answered ${status}: ${JSON.stringify(body)}`);
    const [newest] = (body as { builds: { number: number }[] }).builds;
    return newest?.number ?? 0;
  }

  private async untilReady(): Promise<void> {
    for (const giveUpAt = performance.now() + START_MS; performance.now() < giveUpAt; await pause(200)) {
      const answer = await this.client.get("/api/v2/workers").catch(() => undefined);
      const workers = (answer?.body as { workers?: { connected_to: unknown[] }[] } | undefined)?.workers ?? [];
      if (workers.filter((worker) => worker.connected_to.length > 0).length === WORKERS) return;
    }
    throw new Error(`Buildbot's workers were not connected within ${START_MS / 1_000} s.`);
  }
}

function workerNames(): string[] {
  return Array.from({ length: WORKERS }, (_, index) => `worker-${index + 1}`);
}

function masterConfig(web: number, wire: number): string {
  const names = JSON.stringify(workerNames());
  return `from buildbot.plugins import *
c = BuildmasterConfig = {}
c['workers'] = [worker.Worker(n, 'secret', max_builds=${SLOTS}) for n in ${names}]
c['protocols'] = {'pb': {'port': ${wire}}}
c['change_source'] = []
c['schedulers'] = [schedulers.ForceScheduler(name='force', builderNames=['bench'])]
factory = util.BuildFactory()
factory.addStep(steps.ShellCommand(command=['true']))
c['builders'] = [util.BuilderConfig(name='bench', workernames=${names}, factory=factory, collapseRequests=False)]
c['title'] = 'bench'
c['buildbotURL'] = 'http://127.0.0.1:${web}/'
c['www'] = dict(port='tcp:${web}:interface=127.0.0.1', plugins={})
c['db'] = {'db_url': 'sqlite:///state.sqlite'}
c['buildbotNetUsageData'] = None
`;
}

/** The REST API comes with the package of the web pages, which Debian leaves out; any plugin that stands in for the pages will do. */
function writeWebPlugin(site: string): void {
  const [plugin, info] = [path.join(site, "bench_www"), path.join(site, "bench_www-1.0.dist-info")];
  mkdirSync(path.join(plugin, "static"), { recursive: true });
  mkdirSync(info);
  const code = "from buildbot.www.plugin import Application\nep = Application(__name__, 'Bench', ui=False)\n";
  writeFileSync(path.join(plugin, "__init__.py"), code);
  writeFileSync(path.join(plugin, "VERSION"), "1.0");
  writeFileSync(path.join(plugin, "static", "index.html"), "");
  writeFileSync(path.join(info, "METADATA"), "Metadata-Version: 2.1\nName: bench-www\nVersion: 1.0\n");
  writeFileSync(path.join(info, "entry_points.txt"), "[buildbot.www]\nbase = bench_www:ep\n");
}

function run(program: string, args: string[], env: Record<string, string> = {}): string {
  return execFileSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
