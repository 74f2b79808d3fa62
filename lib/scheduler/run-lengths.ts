import type { BuilderKind } from "../contracts/job.ts";
import { type BuilderFactsRow, readBuilderFacts, readMedians } from "../db/sql/builder-timings.ts";
import type { Sql } from "../db/sql.ts";
import { meanOf, type Samples, varianceOf } from "./explain/samples.ts";

/** More builders than this are not looked up for one answer; the others are taken for usual ones of their kind. */
const MOST = 2_000;

/** How long runs of builders take, and how they merge, for one answer. What was looked up is kept. */
export class RunLengths {
  private readonly sql: Sql;
  private readonly known = new Map<number, BuilderFactsRow>();
  private readonly moments = new Map<number, { meanMs: number; variance: number }>();
  private medians: Promise<ReadonlyMap<BuilderKind, Samples>> | null = null;
  private usual: ReadonlyMap<BuilderKind, Samples> = new Map();

  constructor(sql: Sql) {
    this.sql = sql;
  }

  /** Looks these builders up; call it before asking for them. The first ones matter most. */
  async prepare(builderIds: Iterable<number>): Promise<void> {
    const unknown = [...new Set(builderIds)].filter((id) => !this.known.has(id)).slice(0, MOST);
    if (unknown.length === 0) return;
    for (const row of await readBuilderFacts(this.sql, unknown)) this.known.set(row.builderId, row);
    if (unknown.every((id) => this.known.get(id)?.samplesMs)) return;
    this.medians ??= readMedians(this.sql).then(
      (rows) => new Map(rows.map(({ kind, mediansMs }): [BuilderKind, Samples] => [kind, mediansMs])),
    );
    this.usual = await this.medians;
  }

  /** Takes over what another one has looked up. */
  adopt(other: RunLengths): void {
    for (const [id, row] of other.known) this.known.set(id, row);
    for (const [id, moments] of other.moments) this.moments.set(id, moments);
    if (other.usual.size > 0) this.usual = other.usual;
    this.medians ??= other.medians;
  }

  /** Past lengths of a builder's own runs, in ms; null when none has ended yet. */
  own(builderId: number): Samples | null {
    return this.known.get(builderId)?.samplesMs ?? null;
  }

  /** The same; without any, the medians of other builders of its kind, or else of all. Null when nothing has ever run. */
  of(builderId: number): Samples | null {
    const kind = this.known.get(builderId)?.kind ?? "build";
    const fallback = this.usual.get(kind) ?? [...this.usual.values()].flat();
    return this.own(builderId) ?? (fallback.length > 0 ? fallback : null);
  }

  /** Mean (ms) and variance (ms²) of what `of` says; zeros when nothing has ever run. */
  momentsOf(builderId: number): { meanMs: number; variance: number } {
    const known = this.moments.get(builderId);
    if (known) return known;
    const samples = this.of(builderId) ?? [];
    const moments = { meanMs: meanOf(samples), variance: varianceOf(samples) };
    this.moments.set(builderId, moments);
    return moments;
  }

  /** How many jobs a run of the builder may serve: 1 when it never merges, Infinity when it skips to the newest. */
  mergeLimit(builderId: number): number {
    const row = this.known.get(builderId);
    if (!row?.mergeable) return 1;
    return row.mergeLimit === "all" ? Number.POSITIVE_INFINITY : row.mergeLimit;
  }
}
