import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { refuseRequest } from "./refuse-request.ts";

const ACTION = "0".repeat(42);
const tree = (value: unknown) => encodeURIComponent(JSON.stringify(value));

function statusOf(method: string, url: string, headers: IncomingMessage["headers"] = {}): number | null {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method, url });
  Object.assign(request.headers, headers);
  return refuseRequest(request)?.problem.status ?? null;
}

describe("refuseRequest", () => {
  it.each([
    ["GET", "/"],
    ["HEAD", "/jobs/1?a=%zz"],
    ["GET", "/branches/%C3%BC"],
    ["OPTIONS", "/api/v1/jobs"],
    ["DELETE", "/api/v1/tokens/1"],
    ["POST", "/api/auth/signout"],
    ["POST", "/__nextjs_original-stack-frames"],
  ])("leaves %s %s alone", (method, url) => {
    expect(statusOf(method, url)).toBeNull();
  });

  it.each(["TRACE", "CONNECT", "PROPFIND", "QUERY"])("does not know %s", (method) => {
    expect(statusOf(method, "/api/v1/jobs")).toBe(405);
  });

  it.each(["/%", "/jobs/%zz", "/api/v1/branches/%c0%ae", "/api/v1/runs/%ed%a0%80/artifacts", "/jobs/%00", "x", "*"])(
    "finds nothing at %s",
    (url) => {
      expect(statusOf("GET", url)).toBe(404);
    },
  );

  it("takes nothing but actions at the addresses of pages", () => {
    expect(statusOf("POST", "/jobs/1", { "next-action": ACTION })).toBeNull();
    expect(statusOf("PUT", "/jobs/1", { "next-action": ACTION })).toBe(405);
    expect(statusOf("POST", "/jobs/1", { "next-action": "x".repeat(42) })).toBe(405);
    expect(statusOf("POST", "/login", { "content-type": "multipart/form-data; boundary=x" })).toBe(405);
    expect(statusOf("OPTIONS", "/apis")).toBe(405);
  });

  it.each([
    [tree(["", {}]), null],
    ["%", 400],
    ["%7B%22a", 400],
    [tree({}), 400],
    [tree(["x".repeat(50_000)]), 400],
  ])("checks the state of the router: %#", (value, status) => {
    expect(statusOf("GET", "/jobs/1", { "next-router-state-tree": value })).toBe(status);
  });
});
