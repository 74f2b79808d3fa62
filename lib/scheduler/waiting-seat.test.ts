import { describe, expect, it } from "vitest";
import type { Guest, Looked, Occasion } from "./room.ts";
import { WaitingSeat } from "./waiting-seat.ts";

/** A guest whose looks end when they are told to. */
function guestThatLooks() {
  const asked: Occasion[] = [];
  const answers: ((looked: Looked<number>) => void)[] = [];
  const guest: Guest<number> = {
    workerId: 1,
    slot: 0,
    speed: 1,
    poolIds: [1],
    kind: "",
    look: (occasion) => {
      asked.push(occasion);
      return new Promise((resolve) => answers.push(resolve));
    },
    take: async () => "nothing",
  };
  return { guest, asked, answers };
}

describe("a seat whose guest is looking", () => {
  it("takes an offer that came meanwhile, whatever else wakes it, and then looks once more", async () => {
    const { guest, asked, answers } = guestThatLooks();
    const seat = new WaitingSeat(guest);
    const first = seat.look("entered");
    const taken = Promise.withResolvers<void>();
    const offer = async (): Promise<Looked<number>> => {
      taken.resolve();
      return "nothing";
    };
    expect(await seat.take(offer)).toBe("busy");
    expect(await seat.look("timed")).toBe("busy");
    expect(await seat.look("woken")).toBe("busy");
    answers[0]?.("nothing");
    expect(await first).toBe("nothing");
    await taken.promise;
    await expect.poll(() => asked).toEqual(["entered", "woken"]);
    answers[1]?.({ found: 7 });
    expect(await seat.ended).toBe(7);
  });

  it("leaves when told to, with what it was about to find", async () => {
    const { guest, answers } = guestThatLooks();
    const seat = new WaitingSeat(guest);
    void seat.look("entered");
    seat.leave();
    expect(await seat.look("woken")).toBe("busy");
    answers[0]?.({ found: 7 });
    expect(await seat.ended).toBe(7);
  });
});
