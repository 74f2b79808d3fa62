import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readBody, readQuery } from "./read-request.ts";

const Schema = z.object({ name: z.string().max(10), count: z.int().default(1) });
const URL_ = "http://localhost/api/v1/x";

function post(
  body: BodyInit | null,
  headers: Record<string, string> = { "content-type": "application/json" },
): Request {
  return new Request(URL_, { method: "POST", body, headers });
}

describe("a body", () => {
  it("is JSON of the fields that the schema names", async () => {
    expect(await readBody(post('{"name":"x"}'), Schema)).toEqual({ name: "x", count: 1 });
    const charset = { "content-type": "Application/JSON; charset=utf-8" };
    expect(await readBody(post('{"name":"x","count":2}', charset), Schema)).toEqual({ name: "x", count: 2 });
  });

  it.each([
    ["an unknown field", '{"name":"x","role":"admin"}', "Unrecognized key"],
    ["a forbidden key", '{"name":"x","__proto__":{"role":"admin"}}', "not JSON"],
    ["half of JSON", '{"name":', "not JSON"],
    ["no JSON", "name=x", "not JSON"],
    ["a list", "[]", "expected object"],
    ["nothing where something is needed", "", "expected string"],
    ["null", "null", "expected object"],
    ["a wrong type", '{"name":1}', "expected string"],
    ["text that is not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "not UTF-8"],
  ])("is refused with %s", async (_what, body, message) => {
    await expect(readBody(post(body), Schema)).rejects.toThrow(message);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])(
    "is refused as %j",
    async (type) => {
      const request = post('{"name":"x"}', type ? { "content-type": type } : {});
      await expect(readBody(request, Schema)).rejects.toMatchObject({ problem: { status: 415 } });
    },
  );

  it("is refused when it is compressed, or too large, also when its length is not told", async () => {
    const gzip = { "content-type": "application/json", "content-encoding": "gzip" };
    await expect(readBody(post("x", gzip), Schema)).rejects.toMatchObject({ problem: { status: 415 } });
    const large = JSON.stringify({ name: "x".repeat(300_000) });
    await expect(readBody(post(large), Schema)).rejects.toMatchObject({ code: "too_large" });
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const endless = new Request(URL_, {
      method: "POST",
      body: stream,
      headers: { "content-type": "application/json" },
      ...{ duplex: "half" },
    });
    await expect(readBody(endless, Schema)).rejects.toMatchObject({ code: "too_large" });
  });

  it("may be absent where everything in it may be", async () => {
    expect(await readBody(post(null), z.object({ reason: z.string().optional() }))).toEqual({});
    expect(await readBody(post(null), undefined)).toBeUndefined();
    await expect(readBody(post("{}"), undefined)).rejects.toThrow("takes no body");
  });
});

describe("a query", () => {
  const read = (search: string) =>
    readQuery(new Request(`${URL_}?${search}`), Schema.extend({ count: z.coerce.number().int().max(500).default(1) }));

  it("has the names of the schema, each once", () => {
    expect(read("name=x&count=5")).toEqual({ name: "x", count: 5 });
    for (const search of [
      "name=x&name=y",
      "name=x&role=admin",
      "name=x&__proto__=1",
      "count=1",
      "name=x&count=501",
      "name=x&count=1.5",
      "name=x&count=NaN",
    ]) {
      expect(() => read(search)).toThrow();
    }
  });

  it("is refused where none is known", () => {
    expect(readQuery(new Request(URL_), undefined)).toEqual({});
    expect(() => readQuery(new Request(`${URL_}?x=1`), undefined)).toThrow("Unrecognized key");
  });
});
