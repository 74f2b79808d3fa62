import { describe, expect, it } from "vitest";
import { ContentSigner } from "./sign.ts";

const signer = new ContentSigner("https://content.example.org", "s".repeat(40));
const NOW = 1_790_000_000_000;

function check(address: string, by = signer, nowMs = NOW) {
  const url = new URL(address);
  const content = by.contentOf(url.pathname);
  return content && by.check(content, url.searchParams, nowMs);
}

describe("ContentSigner", () => {
  it("knows its own addresses, for five minutes", () => {
    const address = signer.signArtifactUrl(12, NOW);
    expect(new URL(address).origin).toBe("https://content.example.org");
    expect(check(address)).toBe("right");
    expect(check(address, signer, NOW + 5 * 60_000)).toBe("right");
    expect(check(address, signer, NOW + 5 * 60_000 + 1)).toBe("late");
    expect(check(signer.signLogUrl(12, NOW))).toBe("right");
  });

  it("refuses an address with any character changed", () => {
    const address = signer.signArtifactUrl(12, NOW);
    const start = "https://content.example.org".length;
    for (let at = start; at < address.length - 1; at++) {
      for (const other of ["0", "7", "A", "-"]) {
        const changed = address.slice(0, at) + other + address.slice(at + 1);
        if (changed !== address) expect([null, "wrong"], changed).toContain(check(changed));
      }
    }
  });

  it("refuses another kind, another id, a longer life, nothing, and another key's signature", () => {
    const address = signer.signArtifactUrl(12, NOW);
    expect(check(address.replace("/artifact/", "/log/"))).toBe("wrong");
    expect(check(address.replace("/12?", "/13?"))).toBe("wrong");
    expect(check(address.replace(/expires=\d+/, `expires=${NOW + 9e8}`))).toBe("wrong");
    expect(check("https://content.example.org/artifact/12")).toBe("wrong");
    expect(check(`${address}&expires=1`)).toBe("right"); // the first one counts, for the signature too
    expect(check(address, new ContentSigner("https://content.example.org", "t".repeat(40)))).toBe("wrong");
  });

  it.each([
    "/",
    "/artifact/",
    "/artifact/0",
    "/artifact/01",
    "/artifact/1/x",
    "/artifact/-1",
    "/logs/1",
    "//artifact/1",
    "/artifact/1e3",
  ])("has nothing at %s", (path) => expect(signer.contentOf(path)).toBeNull());
});
