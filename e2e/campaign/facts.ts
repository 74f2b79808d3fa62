import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { StreamLine } from "./driver/event-reader.ts";
import { type HistoryLine, type Operation, operationsOf } from "./driver/history.ts";
import type {
  AuditRowDump,
  CommandRow,
  EventRow,
  ItemRow,
  JobRow,
  KeyRow,
  MemberRow,
  PoolRow,
  PushRow,
  RunRow,
} from "./dump.ts";
import type { IndexCheck } from "./index-check.ts";
import { readJournal, readJournals } from "./journal.ts";
import type { FaultLine } from "./nemeses/nemesis.ts";
import type { WitnessLine } from "./worker/witness.ts";

/** What an episode says of itself. */
export interface Meta {
  seed: string;
  leaseSeconds: number;
  sweepSeconds: number;
  /** Added to a monotonic time, this gives milliseconds since 1970. */
  wallOffsetMs: number;
  /** Monotonic times: the load begins, the last fault has ended, everything was drained (null: it never was). */
  startedAt: number;
  calmAt: number;
  drainedAt: number | null;
  /** How long after the last fault draining may take. */
  drainSeconds: number;
  /** From here on the queue of the pool `parked` was frozen and then served by one slot alone. */
  parkedFrom: number | null;
}

/** Everything that checkers may look at: what independent witnesses wrote, and what the stores held at the end. */
export interface Facts {
  meta: Meta;
  history: Operation[];
  witness: WitnessLine[];
  stream: StreamLine[];
  faults: Fault[];
  machine: MachineLine[];
  indexChecks: IndexCheck[];
  pools: PoolRow[];
  jobs: JobRow[];
  runs: RunRow[];
  members: MemberRow[];
  events: EventRow[];
  audit: AuditRowDump[];
  commands: CommandRow[];
  items: ItemRow[];
  pushes: PushRow[];
  keys: KeyRow[];
  /** What the shells of real agents' jobs testified. */
  agentWords: AgentWord[];
}

/** A word of a job that a real agent executed. */
export interface AgentWord {
  word: string;
  jobId: number;
}

/** How busy the machine was: the system's load of the last minute, for so many cores. */
export interface MachineLine {
  at: number;
  load: number;
  cores: number;
}

/** A fault with its end. */
export type Fault = Omit<FaultLine, "until"> & { until: number };

/** Reads an episode's folder. */
export function readFacts(folder: string): Facts {
  const dumped = <Row>(name: string) => readJournal<Row>(path.join(folder, `dump-${name}.jsonl`));
  return {
    meta: JSON.parse(readFileSync(path.join(folder, "meta.json"), "utf8")) as Meta,
    history: operationsOf(readJournal<HistoryLine>(path.join(folder, "history.jsonl"))),
    witness: readJournals<WitnessLine>(folder, "witness-").sort((a, b) => a.at - b.at),
    stream: readJournal<StreamLine>(path.join(folder, "stream.jsonl")),
    faults: faultsOf(readJournal<FaultLine>(path.join(folder, "faults.jsonl"))),
    machine: readJournal<MachineLine>(path.join(folder, "machine.jsonl")),
    indexChecks: readJournal<IndexCheck>(path.join(folder, "index-checks.jsonl")),
    pools: dumped("pools"),
    jobs: dumped("jobs"),
    runs: dumped("runs"),
    members: dumped("members"),
    events: dumped("events"),
    audit: dumped("audit"),
    commands: dumped("commands"),
    items: dumped("items"),
    pushes: dumped("pushes"),
    keys: dumped("keys"),
    agentWords: agentWordsOf(path.join(folder, "agents.txt")),
  };
}

function agentWordsOf(file: string): AgentWord[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.flatMap((line) => {
    const [word = "", jobId] = line.split(" ");
    return jobId === undefined ? [] : { word, jobId: Number(jobId) };
  });
}

/** One fault per number: its end counts when it has one. Those that could not strike are left out. */
function faultsOf(lines: readonly FaultLine[]): Fault[] {
  const found = new Map<number, Fault>();
  for (const line of lines) {
    if (line.target.startsWith("failed:")) continue;
    found.set(line.id, { ...line, until: line.until ?? Number.POSITIVE_INFINITY });
  }
  return [...found.values()];
}

/** A database's time as a monotonic one. */
export function monotonic(meta: Meta, timestamp: string): number {
  return Date.parse(timestamp) - meta.wallOffsetMs;
}

/** From this load per core on, nothing on the machine is in time, and no lateness is the product's fault. */
const BUSY_PER_CORE = 4;

/** Whether others than the campaign used the machine up at some time between the two. */
export function machineBusy({ machine }: Facts, from: number, until: number): boolean {
  return machine.some(({ at, load, cores }) => at >= from && at <= until && load > BUSY_PER_CORE * cores);
}

/** Whether a fault that touches one of these parts lasted at some time between the two. */
export function faultBetween(facts: Facts, parts: readonly string[], from: number, until: number): boolean {
  return facts.faults.some(
    (fault) => fault.from <= until && fault.until >= from && fault.parts.some((part) => parts.includes(part)),
  );
}
