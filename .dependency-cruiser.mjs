// Who may use whom, as an allow-list: what stands in no line is an error. ARCHITECTURE.md says why.
// The parser is swc, because dependency-cruiser reads TypeScript by an interface that TypeScript 7 no longer has
// (it would then find nothing and pass; scripts/verify/arrows.ts refuses a cruise of too few modules).

/** A package from npm. */
const npm = (name) => `node_modules/(@types/)?${name}/`;
const ANY_PACKAGE = "node_modules/";
const BUILT_IN = "^(node:)?[a-z_/]+$";

const CONTRACTS = "^lib/contracts/";
/** What the scheduler offers to those around it: its errors, and the types of a context. */
const SCHEDULER_WORDS = "^lib/scheduler/(errors|context|source-control)\\.ts$";
const SCHEDULER = "^lib/scheduler/";
/** What a change outside the core needs: who may, and the audit row in the same transaction. */
const SCHEDULER_DUTIES = "^lib/scheduler/(permissions|record)\\.ts$";
const DOORS = "^lib/db/(sql|prisma)\\.ts$";
/** Statements whose bytes are in a store beside the database, so that no verb can hold them. */
const GATEWAY_SQL = "^lib/db/sql/(lock-live-run|record-log-chunk|insert-artifact)\\.ts$";
const SERVER = "^lib/server\\.ts$";

/** Tests, and what exists for them alone. */
const TESTING = "(\\.test\\.tsx?$|^lib/testing/|^e2e/|^bench/|^scripts/)";
/** Rules that are values a person can be shown: no clock, no store, nothing from outside. */
const PURE =
  "^lib/scheduler/(merging/|placement/|explain/|nightly/select-revision\\.ts|queue/score\\.ts|chunks/plan-chunks\\.ts|retry-rule\\.ts)";
/** Runs in a browser. */
const CLIENT = "^app/(\\(console\\)/.+/_components/|login/_components/|_components/|_queries/|_actions/)";

const arrows = [
  { from: "^lib/contracts/", to: [CONTRACTS, npm("zod")] },

  { from: PURE, to: [CONTRACTS, PURE] },
  { from: SCHEDULER, except: PURE, to: [CONTRACTS, SCHEDULER, "^lib/db/", npm("zod"), BUILT_IN] },
  { from: "^lib/scheduler/(queue|relay)/", except: PURE, to: ["^lib/redis/", npm("ioredis")] },

  {
    from: "^lib/config/",
    to: ["^lib/config/", CONTRACTS, "^lib/redis/redis-address\\.ts$", npm("zod"), npm("yaml"), BUILT_IN],
  },
  { from: "^lib/db/", to: ["^lib/db/", CONTRACTS, SCHEDULER_WORDS, npm("pg"), npm("@prisma"), BUILT_IN] },
  { from: "^lib/redis/", to: ["^lib/redis/", CONTRACTS, SCHEDULER_WORDS, npm("ioredis"), BUILT_IN] },
  {
    from: "^lib/events/",
    to: ["^lib/events/", CONTRACTS, SCHEDULER_WORDS, DOORS, "^lib/redis/", npm("ioredis"), BUILT_IN],
  },
  {
    from: "^lib/auth/",
    to: [
      "^lib/auth/",
      CONTRACTS,
      SCHEDULER_WORDS,
      SCHEDULER_DUTIES,
      DOORS,
      npm("ldapts"),
      npm("next-auth"),
      npm("rate-limiter-flexible"),
      npm("ioredis"),
      BUILT_IN,
    ],
  },
  { from: "^lib/(logs|artifacts|notify|insights)/", to: ["^lib/$1/", CONTRACTS, SCHEDULER_WORDS, DOORS, BUILT_IN] },
  { from: "^lib/metrics/", to: ["^lib/metrics/", CONTRACTS, SCHEDULER_WORDS, DOORS, npm("prom-client"), BUILT_IN] },
  { from: "^lib/pushes/", to: ["^lib/(pushes|config)/", CONTRACTS, SCHEDULER_WORDS, DOORS, npm("yaml"), BUILT_IN] },

  { from: "^lib/worker/", to: ["^lib/worker/", CONTRACTS, BUILT_IN] },

  {
    from: "^lib/http/",
    to: [
      "^lib/http/",
      CONTRACTS,
      SCHEDULER,
      "^lib/(auth|metrics|redis)/",
      SERVER,
      npm("next"),
      npm("next-auth"),
      npm("react"),
      npm("server-only"),
      npm("zod"),
      BUILT_IN,
    ],
  },
  {
    from: "^lib/gateway/",
    to: [
      "^lib/gateway/",
      CONTRACTS,
      SCHEDULER,
      "^lib/(auth|http|events|logs|artifacts|redis|metrics)/",
      DOORS,
      GATEWAY_SQL,
      SERVER,
      npm("zod"),
      BUILT_IN,
    ],
  },
  { from: "^lib/(server\\.ts$|web/|timer/)", to: ["^lib/(?!testing/|worker/)", ANY_PACKAGE, BUILT_IN] },

  {
    from: "^app/",
    except: CLIENT,
    to: ["^app/", "^lib/(http|scheduler|contracts|auth|pushes)/", SERVER, ANY_PACKAGE, BUILT_IN],
  },
  { from: CLIENT, to: [CLIENT, CONTRACTS, ANY_PACKAGE] },
  // An action is where a client component's call arrives; the rest of it runs on the server.
  { from: "^app/_actions/", to: ["^lib/(http|scheduler|auth)/"] },

  { from: TESTING, to: ["."] },
  // A project that the product builds, not a part of it.
  { from: "^demo/", to: ["^demo/", BUILT_IN] },
  { from: "^[^/]+\\.(ts|mjs)$", to: ["."] },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  allowed: arrows.flatMap(({ from, except, to }) =>
    to.map((path) => ({
      from: {
        path: from,
        pathNot: except ? [except, ...(from === TESTING ? [] : [TESTING])] : from === TESTING ? [] : [TESTING],
      },
      to: { path },
    })),
  ),
  allowedSeverity: "error",
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "only-the-mains-read-the-environment",
      severity: "error",
      from: { pathNot: ["^lib/(server\\.ts$|web/|timer/|config/)", TESTING] },
      to: { path: "^lib/config/env\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-tests-in-the-product",
      severity: "error",
      from: { pathNot: TESTING },
      to: { path: "(\\.test\\.tsx?$|^lib/testing/|^e2e/|^bench/)" },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: ["node_modules", "^lib/db/generated/"] },
    exclude: { path: ["^lib/db/generated/"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
