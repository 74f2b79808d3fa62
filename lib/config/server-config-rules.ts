import type { ServerConfig } from "../contracts/server-config.ts";
import { closest } from "./closest.ts";
import type { Problem } from "./config-problem.ts";

/** What no schema sees: names that are there twice or name nothing, branches that no pool may build, settings that contradict each other. */
export function meaningProblems(config: ServerConfig): Problem[] {
  return [...repeatedNames(config), ...branchesWithoutPool(config), ...contradictions(config), ...reserves(config)];
}

interface Named {
  name: string;
  path: (string | number)[];
}

function repeatedNames(config: ServerConfig): Problem[] {
  const repositories = config.repositories.map(({ name }, index) => ({ name, path: ["repositories", index, "name"] }));
  const branches = config.repositories.flatMap((repository, r) =>
    repository.branches.map(({ name }, b) => ({ name, path: ["repositories", r, "branches", b, "name"] })),
  );
  const refs = config.repositories.map((repository, r) =>
    repository.branches.map(({ ref }, b) => ({ name: ref, path: ["repositories", r, "branches", b, "ref"] })),
  );
  const pools = config.pools.map(({ name }, index) => ({ name, path: ["pools", index, "name"] }));
  return [
    ...repeated(repositories, (name) => `The repository ${name} is here twice; each needs a name of its own.`),
    ...repeated(branches, (name) => `Two branches have the short name ${name}; it must be unique in the deployment.`),
    ...refs.flatMap((of) => repeated(of, (name) => `The branch ${name} of this repository is here twice; keep one.`)),
    ...repeated(pools, (name) => `The pool ${name} is here twice; each needs a name of its own.`),
  ];
}

/** Every one but the first. Names that differ in case only would be one on some machines, and are one to people. */
function repeated(all: readonly Named[], message: (name: string) => string): Problem[] {
  const seen = new Set<string>();
  return all.flatMap(({ name, path }) => {
    const key = path.at(-1) === "ref" ? name : name.toLowerCase();
    if (seen.has(key)) return [{ path, message: message(name) }];
    seen.add(key);
    return [];
  });
}

function branchesWithoutPool(config: ServerConfig): Problem[] {
  const levels = new Set(config.pools.map((pool) => pool.trustLevel));
  return config.repositories.flatMap((repository, r) =>
    repository.branches.flatMap((branch, b) => {
      if (levels.has(branch.trustLevel)) return [];
      const have = [...levels].sort().join(" and ") || "none";
      const message = `No pool has trust level ${branch.trustLevel}, so nothing of the branch ${branch.name} could run; pools have ${have}.`;
      return [{ path: ["repositories", r, "branches", b, "trustLevel"], message }];
    }),
  );
}

function contradictions(config: ServerConfig): Problem[] {
  const branches = config.repositories.flatMap((repository, r) =>
    repository.branches.flatMap((branch, b) =>
      branch.try && branch.merge === true
        ? [
            {
              path: ["repositories", r, "branches", b, "merge"],
              message: `The try branch ${branch.name} cannot have merge: true; jobs of try pushes never share a run.`,
            },
          ]
        : [],
    ),
  );
  const pools = config.pools.flatMap((pool, index): Problem[] => {
    const problems: Problem[] = [];
    if (pool.strict && pool.headStartMinutes !== undefined) {
      const message = `The pool ${pool.name} has both strict and headStartMinutes; a strict pool goes by rank alone, so take one out.`;
      problems.push({ path: ["pools", index, "headStartMinutes"], message });
    }
    if (pool.token && (pool.token.file === undefined) === (pool.token.env === undefined)) {
      const message = `The token of the pool ${pool.name} must name either a file or env, one of the two.`;
      problems.push({ path: ["pools", index, "token"], message });
    }
    return problems;
  });
  return [...branches, ...pools];
}

/** Reserves that could keep nothing for anybody: no worker of the pool is fast, or no job of the branch runs there. */
function reserves(config: ServerConfig): Problem[] {
  const branches = new Map(config.repositories.flatMap(({ branches }) => branches).map((one) => [one.name, one]));
  return config.pools.flatMap(({ name, trustLevel, fastSpeed, reserve }, p) => {
    if (!reserve) return [];
    const strangers = reserve.branches.flatMap((wanted, b): Problem[] => {
      const path = ["pools", p, "reserve", "branches", b];
      const branch = branches.get(wanted);
      if (!branch) {
        const near = closest(wanted, [...branches.keys()]);
        const right = near ? `did you mean ${near}?` : "it must be the short name of a branch of this file.";
        return [
          { path, message: `The pool ${name} reserves workers for ${wanted}, which is no branch here; ${right}` },
        ];
      }
      if (branch.trustLevel === trustLevel) return [];
      const levels = `the branch has trust level ${branch.trustLevel} and the pool ${trustLevel}`;
      return [
        { path, message: `The pool ${name} reserves workers for ${wanted}, but ${levels}; take one of the same.` },
      ];
    });
    if (fastSpeed !== undefined) return strangers;
    const message = `The pool ${name} reserves fast workers, but does not say which are fast; add fastSpeed, such as fastSpeed: 2.`;
    return [...strangers, { path: ["pools", p, "reserve"], message }];
  });
}
