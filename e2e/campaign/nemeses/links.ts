import type { LinkMode } from "../links/link.ts";
import type { Random } from "../random.ts";
import type { Nemesis, Part } from "./nemesis.ts";

const MODES: Record<string, { seconds: readonly [number, number]; mode: (random: Random) => LinkMode }> = {
  refuse: { seconds: [0.5, 8], mode: () => ({ kind: "refuse" }) },
  reset: { seconds: [0.2, 4], mode: () => ({ kind: "reset" }) },
  "black hole": { seconds: [1, 8], mode: () => ({ kind: "black hole" }) },
  delay: { seconds: [1, 8], mode: (random) => ({ kind: "delay", ms: random.between(20, 1200) }) },
  throttle: {
    seconds: [1, 6],
    mode: (random) => ({ kind: "throttle", bytesPerSecond: random.between(2_000, 50_000) }),
  },
  cut: { seconds: [0.5, 6], mode: (random) => ({ kind: "cut", afterBytes: random.below(3_000) }) },
};

const LINKS: Record<string, { name: RegExp; parts: readonly Part[] }> = {
  "web → postgres": { name: /^web-\d+ → postgres$/, parts: ["web", "postgres"] },
  "web → redis": { name: /^web-\d+ → redis$/, parts: ["redis"] },
  "timer → postgres": { name: /^timer-\d+ → postgres$/, parts: ["timer", "postgres"] },
  "timer → redis": { name: /^timer-\d+ → redis$/, parts: ["redis"] },
  "worker → web": { name: /^worker-\d+ → web$/, parts: ["worker"] },
  "agent → web": { name: /^agent-\d+ → web$/, parts: ["worker"] },
  "driver → web": { name: /^driver → web$/, parts: ["driver"] },
  "reader → web": { name: /^reader → web$/, parts: ["reader"] },
};

/** Every mode of the proxy, each time on one of the links. */
export const LINK_NEMESES: readonly Nemesis[] = Object.entries(MODES).map(([mode, { seconds, mode: make }]) => ({
  kind: `link: ${mode}`,
  seconds,
  needs: ["link"],
  strike: (world, random) => {
    const [, { name, parts }] = random.pick(Object.entries(LINKS));
    const link = random.pick([...world.links.values()].filter((one) => name.test(one.name)));
    const chosen = make(random);
    link.set(chosen);
    return { target: link.name, parts, detail: JSON.stringify(chosen), end: () => link.set({ kind: "pass" }) };
  },
}));
