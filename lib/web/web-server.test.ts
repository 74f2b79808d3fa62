import { type IncomingHttpHeaders, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWebServer, type WebServerOptions } from "./web-server.ts";

async function open(part: Partial<WebServerOptions> = {}) {
  const reports: unknown[] = [];
  const server = createWebServer({
    gateway: async () => false,
    pages: async (_, response) => void response.end("page"),
    https: false,
    report: (error) => reports.push(error),
    ...part,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = (headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const asked = send({ port, host: "127.0.0.1", headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (data) => {
          text += data;
        });
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
        response.on("error", reject);
      });
      asked.on("error", reject).end();
    });
  return { port, ask, reports };
}

describe("createWebServer", () => {
  it("asks the gateway first and the pages for the rest, with the headers of the pages' host", async () => {
    const taken = await open({ gateway: async (_, response) => !!response.end("gateway") });
    expect((await taken.ask()).text).toBe("gateway");
    expect((await taken.ask()).headers).not.toHaveProperty("strict-transport-security");
    const { ask } = await open({ https: true });
    const answer = await ask();
    expect(answer.text).toBe("page");
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "strict-transport-security": "max-age=31536000",
    });
    const content = await open({ https: true, gateway: async (_, response) => !!response.end("gateway") });
    expect((await content.ask()).headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  it("believes proxies of other machines only when it is told to", async () => {
    const pages: WebServerOptions["pages"] = async (request, response) =>
      void response.end(request.headers["x-forwarded-for"]);
    const chain = { "x-forwarded-for": "6.6.6.6, 192.0.2.1, 10.0.0.5" };
    expect((await (await open({ pages })).ask(chain)).text).toBe("10.0.0.5");
    expect((await (await open({ pages, trustedProxies: ["10.0.0.0/24"] })).ask(chain)).text).toBe("192.0.2.1");
  });

  it("takes the framework's own headers out of requests and leaves those of its client in", async () => {
    let seen: IncomingHttpHeaders = {};
    const pages: WebServerOptions["pages"] = async (request, response) => {
      seen = request.headers;
      response.end();
    };
    const { ask } = await open({ pages });
    const internal = {
      "x-middleware-subrequest": "middleware",
      "x-nextjs-data": "1",
      "x-now-route-matches": "1",
      "next-resume": "1",
      "content-security-policy": "x",
      "x-forwarded-host": "evil.test",
      "x-forwarded-proto": "https",
    };
    const client = {
      "next-action": "a",
      rsc: "1",
      "next-router-state-tree": "%5B%5D",
      "x-forwarded-for": "6.6.6.6, 10.0.0.9",
    };
    await ask({ ...internal, ...client });
    for (const name of Object.keys(internal)) expect(seen).not.toHaveProperty(name);
    expect(seen).toMatchObject({ ...client, "x-forwarded-for": "10.0.0.9" });
  });

  it("answers 500 without a reason when nobody has answered an error, reports it, and goes on", async () => {
    const { ask, reports } = await open({ pages: () => Promise.reject(new Error("a secret reason")) });
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([500, "Something went wrong on our side.\n"]);
    expect(reports).toEqual([expect.objectContaining({ message: "a secret reason" })]);
    expect((await ask()).status).toBe(500);
  });

  it("outlives garbage and connections that break", async () => {
    const { port, ask, reports } = await open();
    for (const garbage of [
      "GET",
      "\0\0\0\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(garbage));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
        socket.resume();
      });
    }
    expect((await ask()).text).toBe("page");
    expect(reports).toEqual([]);
  });
});
