import { appendFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayHarness, openGatewayHarness, sha256, someBytes } from "../testing/gateway-harness.ts";

let web: GatewayHarness;
let farm: Awaited<ReturnType<GatewayHarness["farm"]>>;
beforeAll(async () => {
  web = await openGatewayHarness();
  farm = await web.farm();
});
afterAll(() => web.close());

const sizeOf = (runId: number) =>
  web.test.sql.one<{ chunks: number; bytes: number; lines: number }>(
    "SELECT log_chunks AS chunks, log_bytes AS bytes, log_lines AS lines FROM runs WHERE id = $1",
    [runId],
  );

describe("chunks of a log", () => {
  it("make up the log, in whatever order and however often they are sent, and whatever is left in the file", async () => {
    const plan = fc.record({
      chunks: fc.array(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 8 }),
      order: fc.array(fc.tuple(fc.nat(7), fc.boolean(), fc.boolean()), { maxLength: 25 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ chunks, order }) => {
        const run = await web.running(farm);
        const pieces = chunks.map((text) => Buffer.from(`${text}\n`));
        const offsets = pieces.map((_, index) => Buffer.concat(pieces.slice(0, index)).length);
        let accepted = 0;
        const send = async (index: number, packed: boolean) => {
          const bytes = pieces[index] ?? Buffer.alloc(0);
          const ask = packed ? { body: gzipSync(bytes), headers: { "content-encoding": "gzip" } } : {};
          const answer = await web.sendChunk(run, index, offsets[index] ?? 0, bytes, ask);
          if (index > accepted) {
            expect(answer.status).toBe(409);
            expect(answer.json()).toMatchObject({ nextNumber: accepted, nextOffset: offsets[accepted] });
            return;
          }
          expect(answer.json()).toEqual({ nextNumber: index + 1, nextOffset: (offsets[index] ?? 0) + bytes.length });
          accepted = Math.max(accepted, index + 1);
        };
        for (const [index, packed, crashed] of order) {
          if (crashed && accepted > 0) leaveBehind(run.runId);
          if (index < pieces.length) await send(index, packed);
        }
        for (let index = 0; index < pieces.length; index++) await send(index, false);

        const whole = Buffer.concat(pieces);
        const size = await sizeOf(run.runId);
        expect(size).toMatchObject({ chunks: pieces.length, bytes: whole.length });
        expect(await web.logs.digest(run.runId, size.bytes)).toBe(sha256(whole));
        const lines = whole.toString("utf8").split("\n").slice(0, -1);
        expect((await web.logs.readLines(run.runId, size, 1, 1_000)).lines).toEqual(lines);
      }),
      { numRuns: 15 },
    );
  });

  it("that are sent twice at once are taken once", async () => {
    const run = await web.running(farm);
    const bytes = Buffer.from("once\n");
    const answers = await Promise.all(Array.from({ length: 8 }, () => web.sendChunk(run, 0, 0, bytes)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(await sizeOf(run.runId)).toEqual({ chunks: 1, bytes: 5, lines: 1 });
  });

  it("with other bytes than the accepted ones are refused, with where to go on", async () => {
    const run = await web.running(farm);
    await web.sendChunk(run, 0, 0, Buffer.from("right\n"));
    const other = await web.sendChunk(run, 0, 0, Buffer.from("wrong\n"));
    expect([other.status, other.json()]).toMatchObject([409, { nextNumber: 1, nextOffset: 6 }]);
    expect((await web.sendChunk(run, 1, 5, Buffer.from("x\n"))).status).toBe(409);
    expect((await web.sendChunk(run, 2, 6, Buffer.from("x\n"))).status).toBe(409);
  });

  it("arrive whole at 1 MiB, and unpacked at 8 MiB", async () => {
    const run = await web.running(farm);
    expect((await web.sendChunk(run, 0, 0, Buffer.alloc(2 ** 20, "a\n"))).status).toBe(200);
    const packed = { body: gzipSync(Buffer.alloc(2 ** 23, "b\n")), headers: { "content-encoding": "gzip" } };
    expect((await web.sendChunk(run, 1, 2 ** 20, Buffer.alloc(2 ** 23, "b\n"), packed)).status).toBe(200);
  });

  it.each([
    ["longer than 1 MiB", 413, () => ({ body: Buffer.alloc(2 ** 20 + 1, "a\n") })],
    [
      "a gzip bomb",
      413,
      () => ({ body: gzipSync(Buffer.alloc(200 * 2 ** 20)), headers: { "content-encoding": "gzip" } }),
    ],
    ["not gzip", 422, () => ({ body: someBytes(100), headers: { "content-encoding": "gzip" } })],
    [
      "gzip cut short",
      422,
      () => ({ body: gzipSync(someBytes(100)).subarray(0, 50), headers: { "content-encoding": "gzip" } }),
    ],
    ["brotli", 415, () => ({ body: Buffer.from("x"), headers: { "content-encoding": "br" } })],
    ["twice packed", 415, () => ({ body: Buffer.from("x"), headers: { "content-encoding": "gzip, gzip" } })],
    ["other bytes than announced", 422, () => ({ body: Buffer.from("y\n") })],
    ["nothing", 422, () => ({ body: Buffer.alloc(0) })],
  ])("are refused when they are %s, and leave nothing", async (_, status, ask) => {
    const run = await web.running(farm);
    const answer = await web.sendChunk(run, 0, 0, Buffer.from("x\n"), ask());
    expect(answer.status).toBe(status);
    expect(await sizeOf(run.runId)).toEqual({ chunks: 0, bytes: 0, lines: 0 });
  });

  it.each(["", "number=0&offset=0", "number=-1&offset=0&sha256=0", "number=0&number=0&offset=0", "number=x&offset=0"])(
    "are refused with the query %j",
    async (query) => {
      const run = await web.running(farm);
      const body = Buffer.from("x\n");
      const answer = await web.ask("POST", `/worker/v1/runs/${run.runId}/log?${query}`, { bearer: run.session, body });
      expect(answer.status).toBe(422);
    },
  );

  it("tell every process that the log grew, and at the end that it is whole", async () => {
    const run = await web.running(farm);
    const hints: object[] = [];
    const stop = web.events.outputs.subscribe((hint) => hints.push(hint));
    const bytes = Buffer.from("a\nb\n");
    await web.sendChunk(run, 0, 0, bytes);
    await expect.poll(() => hints).toContainEqual({ runId: run.runId, lines: 2, bytes: 4, complete: false });
    const log = { chunks: 1, bytes: 4, lines: 2, sha256: sha256(bytes) };
    const body = { result: "success", log };
    await web.ask("POST", `/worker/v1/runs/${run.runId}/finish`, { bearer: run.session, body });
    await expect.poll(() => hints).toContainEqual({ runId: run.runId, lines: 2, bytes: 4, complete: true });
    stop();
  });
});

/** What a process leaves that dies between writing and committing. */
function leaveBehind(runId: number): void {
  const folder = path.join(web.dataDir, "logs", "runs", String(Math.floor(runId / 1_000)));
  appendFileSync(path.join(folder, `${runId}.log`), "never accepted\nnor this");
}
