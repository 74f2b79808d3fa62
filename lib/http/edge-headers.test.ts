import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { clientAddress } from "./client-address.ts";
import { cleanRequest, securityHeaders } from "./edge-headers.ts";

describe("the client's address", () => {
  it.each([
    ["10.0.0.9", undefined, "10.0.0.9"],
    ["10.0.0.9", "192.0.2.1", "10.0.0.9"],
    ["127.0.0.1", undefined, "127.0.0.1"],
    ["127.0.0.1", "192.0.2.1", "192.0.2.1"],
    ["::ffff:127.0.0.1", "1.1.1.1, 192.0.2.1", "192.0.2.1"],
    ["::1", "2001:db8::1", "2001:db8::1"],
    ["127.0.0.1", "not an address", "127.0.0.1"],
    ["127.0.0.1", "192.0.2.1, <script>", "127.0.0.1"],
    [undefined, "192.0.2.1", null],
  ])("of %s told %s is %s", (remote, told, address) => {
    expect(clientAddress(remote, told)).toBe(address);
  });
});

it("lets nobody speak for the framework or a proxy", () => {
  const request = new IncomingMessage(new Socket());
  request.headers = {
    host: "localhost:3000",
    cookie: "a=1",
    rsc: "1",
    "next-action": "abc",
    "x-middleware-subrequest": "proxy:proxy:proxy",
    "x-middleware-rewrite": "/admin",
    "x-nextjs-data": "1",
    "x-now-route-matches": "1",
    "x-forwarded-for": "1.2.3.4",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "next-resume": "1",
    "content-security-policy": "script-src 'nonce-mine'",
    "x-nonce": "mine",
  };
  cleanRequest(request);
  expect(request.headers).toEqual({ host: "localhost:3000", cookie: "a=1", rsc: "1", "next-action": "abc" });
});

it("asks browsers to stay with https only where they came by it", () => {
  expect(securityHeaders(true)["Strict-Transport-Security"]).toBe("max-age=31536000");
  expect(securityHeaders(false)).not.toHaveProperty("Strict-Transport-Security");
});
