import { expect, it } from "vitest";
import { parseRedisAddress } from "./redis-address.ts";

const ONE = { cluster: false, tls: false, username: undefined, password: undefined, database: 0 };

it.each([
  ["redis://127.0.0.1", { ...ONE, nodes: [{ host: "127.0.0.1", port: 6379 }] }],
  [
    "redis://:p%40ss@redis.example.org:7000/3",
    { ...ONE, nodes: [{ host: "redis.example.org", port: 7000 }], password: "p@ss", database: 3 },
  ],
  ["rediss://[::1]:7000/", { ...ONE, tls: true, nodes: [{ host: "::1", port: 7000 }] }],
  ["redis+cluster://a:7000", { ...ONE, cluster: true, nodes: [{ host: "a", port: 7000 }] }],
  [
    "rediss+cluster://me:secret@a:7000,b,[::1]:7002/",
    {
      ...ONE,
      cluster: true,
      tls: true,
      username: "me",
      password: "secret",
      nodes: [
        { host: "a", port: 7000 },
        { host: "b", port: 6379 },
        { host: "::1", port: 7002 },
      ],
    },
  ],
])("reads %s", (text, address) => {
  expect(parseRedisAddress(text)).toEqual(address);
});

it.each([
  "",
  "redis://",
  "http://127.0.0.1:6379",
  "127.0.0.1:6379",
  "redis://a:7000,b:7000",
  "redis://a/not-a-number",
  "redis+cluster://",
  "redis+cluster://a:7000,",
  "redis+cluster://a:7000,,b:7000",
  "redis+cluster://a:7000,b:70000",
  "redis+cluster://a:7000/1",
  "redis+cluster://a:7000,b:7000/1",
  "redis+cluster://a:7000,me:secret@b:7000",
  "redis+cluster://a:7000?x=1",
])("refuses %j", (text) => {
  expect(parseRedisAddress(text)).toBeUndefined();
});
