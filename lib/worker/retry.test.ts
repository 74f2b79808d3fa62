import { describe, expect, it } from "vitest";
import { backoffMs, Stopped, type Surroundings, untilAnswered } from "./retry.ts";
import { AnswerError } from "./wire.ts";

function surroundings(): Surroundings & { waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    sleep: async (ms) => void waits.push(ms),
    random: () => 0.5,
    now: () => 0,
    log: () => undefined,
  };
}

/** Fails with each error in turn, then answers. */
function failing(...errors: Error[]): () => Promise<string> {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return "answer";
  };
}

const open = new AbortController().signal;

describe("backoffMs", () => {
  it("doubles up to its cap, and jitter moves only its upper half", () => {
    expect([0, 1, 2, 3].map((failures) => backoffMs(failures, 1))).toEqual([250, 500, 1_000, 2_000]);
    expect(backoffMs(3, 0)).toBe(1_000);
    expect(backoffMs(1_000_000, 1)).toBe(30_000);
  });
});

describe("untilAnswered", () => {
  it("goes on through failures, waiting longer each time", async () => {
    const around = surroundings();
    const call = failing(new Error("reset"), new AnswerError(503, {}, null), new AnswerError(500, {}, null));
    expect(await untilAnswered(around, "Asking", call, { signal: open })).toBe("answer");
    expect(around.waits).toEqual([187.5, 375, 750]);
  });

  it("waits as long as the server asks", async () => {
    const around = surroundings();
    await untilAnswered(around, "Asking", failing(new AnswerError(429, {}, 5_000)), { signal: open });
    expect(around.waits).toEqual([5_000]);
  });

  it.each([400, 401, 403, 404, 409, 413, 422])("takes %i for an answer", async (status) => {
    const call = failing(new AnswerError(status, {}, null));
    await expect(untilAnswered(surroundings(), "Asking", call, { signal: open })).rejects.toThrow(`${status}`);
  });

  it("gives up when told to", async () => {
    const stop = new AbortController();
    const call = async () => {
      stop.abort();
      throw new Error("reset");
    };
    await expect(untilAnswered(surroundings(), "Asking", call, { signal: stop.signal })).rejects.toBeInstanceOf(
      Stopped,
    );
  });
});
