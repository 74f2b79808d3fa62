import type { SourceBranch } from "./source.ts";

/** What the world builds: the pools, the branches and their builders. */

/** Pools of the world, and who serves them. */
export const POOLS = {
  /** Eight scripted workers. */
  farm: "farm",
  /** Nobody until the end: what waits here shows that the two stores agree, and its claims the order of a quiet queue. */
  parked: "parked",
  /** Real agents, which check out and run shell. */
  agents: "agents",
} as const;

/** Builders of which jobs end in another way than success. */
export const FAILING = "fails";
export const POISON = "poison";

/** A line that a scripted worker takes for its own death. */
export const CRASH = "kill -9 $PPID # crash";

const step = (run: string) => [{ name: "work", run }];
const builder = (name: string, seconds: number, more: object = {}) => ({
  name,
  platform: "linux",
  kind: "build",
  pool: POOLS.farm as string,
  steps: step(`sleep ${seconds}`),
  ...more,
});

/** Equal for all pushes of a branch, so that jobs of several pushes may share a run. */
const farmBuilders = (slowness: number) => [
  ...[0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2].map((seconds, index) => builder(`build ${index}`, seconds * slowness)),
  ...[0.1, 0.4, 1].map((seconds, index) => builder(`alone ${index}`, seconds * slowness, { mergeable: false })),
  builder("longer than a lease", 8),
  builder("long and exclusive", 7, { exclusive: true, mergeable: false }),
  builder("exclusive", 0.5, { exclusive: true, mergeable: false }),
  builder("compile", 0.3),
  builder("package", 0.2, { needs: ["compile"] }),
  builder("test", 0.2, { needs: ["package"], kind: "test" }),
  { ...builder(FAILING, 0), steps: step("sleep 0.1; exit 1") },
  builder("after the failing one", 0.1, { needs: [FAILING] }),
];

const PARKED_BUILDERS = [0, 1, 2, 3].map((index) =>
  builder(`parked ${index}`, 0.02, { pool: POOLS.parked, mergeable: index % 2 === 0 }),
);

/** `witness` is the file to which the shell of real agents testifies. */
function agentBuilders(witness: string) {
  const say = (word: string) => `echo "${word} $SELFSERVE_JOB_ID $(pwd)" >> '${witness}'`;
  const run = (seconds: number) => [say("start"), `sleep ${seconds}`, say("end")].join("\n");
  return [1, 3].map((seconds) => ({
    ...builder(`agent ${seconds}`, 0, { pool: POOLS.agents, mergeable: false }),
    steps: step(run(seconds)),
  }));
}

/** The branches of the world with as many pushes as the size needs. `slowness` makes most jobs last so many times as long. */
export function branchesOf(pushes: number, witness: string, slowness = 1): SourceBranch[] {
  const farm = farmBuilders(slowness);
  const config = (builders: object[]) => JSON.stringify({ version: 1, builders }, null, 1); // JSON is YAML, too
  return [
    { ref: "main", pushes, config: config([...farm, ...PARKED_BUILDERS]) },
    { ref: "beta", pushes, config: config(farm) },
    { ref: "poison", pushes: 1, config: config([{ ...builder(POISON, 0), steps: step(CRASH) }]) },
    { ref: "agents", pushes, config: config(agentBuilders(witness)) },
  ];
}

/** The server's configuration for these branches. */
export function serverConfig(url: string, tokenFile: string): string {
  const branch = (ref: string, more: object = {}) => ({ ref, name: `campaign-${ref}`, ...more });
  return JSON.stringify({
    version: 1,
    repositories: [
      {
        name: "campaign",
        url,
        poll: 3600, // the hook tells of every push
        branches: [branch("main"), branch("beta", { basePriority: 3 }), branch("poison"), branch("agents")],
      },
    ],
    pools: Object.values(POOLS).map((name) => ({ name, token: { file: tokenFile } })),
    roles: { developer: ["developers"], sheriff: ["sheriffs"], admin: ["admins"] },
  });
}
