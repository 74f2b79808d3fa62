import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { clientAddress, trustedProxies } from "./client-address.ts";
import { cleanRequest, transportHeaders } from "./edge-headers.ts";

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
    ["127.0.0.1", "6.6.6.6, 127.0.0.1", "6.6.6.6"],
    ["::ffff:10.0.0.9", undefined, "10.0.0.9"],
    [undefined, "192.0.2.1", null],
  ])("of %s told %s is %s", (remote, told, address) => {
    expect(clientAddress(remote, told, trustedProxies())).toBe(address);
  });

  it.each([
    ["10.1.2.3", "192.0.2.1", "192.0.2.1"],
    ["::ffff:10.1.2.3", "192.0.2.1", "192.0.2.1"],
    ["10.1.2.3", "6.6.6.6, 192.0.2.1, 2001:db8::5", "192.0.2.1"],
    ["2001:db8::5", "2001:db8::6", "2001:db8::6"],
    ["10.2.0.1", "192.0.2.1", "10.2.0.1"],
    ["10.1.2.3", undefined, "10.1.2.3"],
    ["127.0.0.1", "192.0.2.1, 10.1.0.1", "192.0.2.1"],
  ])("behind proxies of other machines, of %s told %s, is %s", (remote, told, address) => {
    expect(clientAddress(remote, told, trustedProxies(["10.1.0.0/16", "2001:db8::5"]))).toBe(address);
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
  cleanRequest(request, trustedProxies());
  expect(request.headers).toEqual({ host: "localhost:3000", cookie: "a=1", rsc: "1", "next-action": "abc" });
});

it("asks browsers to stay with https only where they came by it", () => {
  expect(transportHeaders(true)).toEqual({ "Strict-Transport-Security": "max-age=31536000" });
  expect(transportHeaders(false)).toEqual({});
});
