import { closest } from "../config/closest.ts";
import type { Problem } from "../config/config-problem.ts";
import type { InTreeBuilder } from "../contracts/in-tree-config.ts";

type Builders = readonly InTreeBuilder[];

/** Every builder whose name an earlier one has. */
export function repeatedBuilders(builders: Builders): Problem[] {
  const seen = new Set<string>();
  return builders.flatMap(({ name }, index) => {
    const repeated = seen.has(name);
    seen.add(name);
    const message = `Two builders have the name "${name}"; each needs a name of its own.`;
    return repeated ? [{ path: ["builders", index, "name"], message }] : [];
  });
}

/** Needs that name no builder, a nightly from outside the nightlies, or lead round in a circle. */
export function needProblems(builders: Builders): Problem[] {
  const byName = new Map(builders.map((builder) => [builder.name, builder]));
  const names = [...byName.keys()];
  const problems = builders.flatMap((builder, b) =>
    builder.needs.flatMap((need, n): Problem[] => {
      const path = ["builders", b, "needs", n];
      const needed = byName.get(need);
      if (!needed) {
        const near = closest(need, names);
        const right = near ? `did you mean "${near}"?` : "it must name another builder of this file.";
        return [{ path, message: `"${builder.name}" needs "${need}", which is no builder here; ${right}` }];
      }
      if (needed.kind !== "nightly" || builder.kind === "nightly") return [];
      const message = `"${builder.name}" is no nightly, so it cannot need "${need}", which runs at night only; make both kind: nightly, or neither.`;
      return [{ path, message }];
    }),
  );
  return [...problems, ...circles(builders)];
}

/** Settings of one builder that cannot both hold. */
export function contradictions(builders: Builders): Problem[] {
  return builders.flatMap((builder, index): Problem[] => {
    const { name, idle, workers } = builder;
    if (!idle || workers !== "fast") return [];
    const message = `"${name}" is idle, so it takes whatever worker is free, and cannot ask for fast ones; take idle or workers out.`;
    return [{ path: ["builders", index, "workers"], message }];
  });
}

/** One problem per circle, at the need that closes it. Iterative: a chain may be as long as the file. */
function circles(builders: Builders): Problem[] {
  const indexOf = new Map(builders.map((builder, index) => [builder.name, index]));
  const state = new Map<number, "open" | "done">();
  const problems: Problem[] = [];
  for (const start of builders.keys()) {
    const way: { builder: number; next: number }[] = [{ builder: start, next: 0 }];
    if (state.has(start)) continue;
    state.set(start, "open");
    for (let at = way.at(-1); at; at = way.at(-1)) {
      const need = builders[at.builder]?.needs[at.next];
      const needed = need === undefined ? undefined : indexOf.get(need);
      if (need === undefined) {
        state.set(at.builder, "done");
        way.pop();
      } else if (needed !== undefined && state.get(needed) === "open") {
        problems.push(circle(builders, way, at, needed));
      } else if (needed !== undefined && !state.has(needed)) {
        state.set(needed, "open");
        way.push({ builder: needed, next: 0 });
      }
      at.next += 1;
    }
  }
  return problems;
}

function circle(
  builders: Builders,
  way: readonly { builder: number }[],
  at: { builder: number; next: number },
  needed: number,
): Problem {
  const from = way.findIndex(({ builder }) => builder === needed);
  const names = way.slice(from).map(({ builder }) => `"${builders[builder]?.name}"`);
  const message = `These builders need each other in a circle: ${[...names, names[0]].join(" needs ")}; take one of the needs out.`;
  return { path: ["builders", at.builder, "needs", at.next], message };
}
