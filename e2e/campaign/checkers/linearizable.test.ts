import { describe, expect, it } from "vitest";
import { newJob } from "./job-model.ts";
import { bounded } from "./linearizability.ts";
import { search, type TimedOperation } from "./linearizable.ts";

/** A register that holds one number: the smallest thing that can be read and written. */
const write = (value: number, invokedAt: number, returnedAt: number): TimedOperation<number> => ({
  name: `write ${value}`,
  invokedAt,
  returnedAt,
  apply: () => value,
});
const read = (value: number, invokedAt: number, returnedAt: number): TimedOperation<number> => ({
  name: `read ${value}`,
  invokedAt,
  returnedAt,
  apply: (state) => (state === value ? state : null),
});
const judge = (...operations: TimedOperation<number>[]) => search(operations, 0, String, 1_000);

describe("a register", () => {
  it("may be read as it was before or after a write that is under way", () => {
    expect(judge(write(1, 0, 10), read(0, 2, 3))).toBe("linearizable");
    expect(judge(write(1, 0, 10), read(1, 2, 3))).toBe("linearizable");
    expect(judge(write(1, 0, 10), read(1, 2, 3), read(0, 4, 5))).toBe("not linearizable"); // it went back
  });

  it("must be read as it was written last", () => {
    expect(judge(write(1, 0, 1), read(1, 2, 3))).toBe("linearizable");
    expect(judge(write(1, 0, 1), read(0, 2, 3))).toBe("not linearizable");
    expect(judge(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))).toBe("not linearizable");
  });

  it("may be changed by an unknown write at any later time, or never", () => {
    const unknown = write(1, 0, Number.POSITIVE_INFINITY);
    expect(judge(unknown, read(0, 5, 6), read(1, 7, 8))).toBe("linearizable");
    expect(judge(unknown, read(0, 5, 6))).toBe("linearizable");
    expect(judge(unknown, read(1, 5, 6), read(0, 7, 8))).toBe("not linearizable");
    expect(judge(read(1, -2, -1), unknown)).toBe("not linearizable"); // not before it was asked for
  });

  it("takes forty operations at once, and says so when a search is too long", () => {
    const writes = Array.from({ length: 20 }, (_, index) => write(index, 0, 100));
    const reads = Array.from({ length: 20 }, (_, index) => read(index, 0, 100));
    expect(judge(...writes, ...reads)).toBe("linearizable");
    expect(search([...writes, ...reads, read(99, 0, 100)], 0, String, -1)).toBe("too long");
  });
});

it("leaves out reads first, and then cuts the end off a history that is too long", () => {
  const reads = Array.from({ length: 30 }, (_, at) => ({
    ...{ name: `read ${at}`, invokedAt: at, returnedAt: at + 0.5, isRead: true },
    apply: () => null,
  }));
  const writes = Array.from({ length: 45 }, (_, at) => ({
    ...{ name: `write ${at}`, invokedAt: at, returnedAt: at === 3 ? 1_000 : at + 0.5 },
    apply: () => null,
  }));
  const { operations } = bounded({ jobId: 1, initial: newJob("queued"), operations: [...reads, ...writes] });
  expect(operations).toHaveLength(40);
  expect(operations.every(({ name }) => name.startsWith("write"))).toBe(true);
  expect(operations[3]?.returnedAt).toBe(Number.POSITIVE_INFINITY); // what was answered after the cut is unknown before it
});
