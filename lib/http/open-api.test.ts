import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../contracts/endpoint.ts";
import { ENDPOINTS } from "../contracts/endpoints.ts";
import { openApi } from "./open-api.ts";

const ROUTES = path.resolve(import.meta.dirname, "../../app/api/v1");
const endpoints = Object.entries<Endpoint>(ENDPOINTS);

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string }>;
}
const document = openApi() as ReturnType<typeof openApi> & {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: object;
};
const operations = Object.entries(document.paths)
  .flatMap(([address, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ address, method, operation })),
  )
  .filter(({ address }) => address !== "/events"); // a plain handler's, not in the table

describe("the table of endpoints", () => {
  it("names each address and method once", () => {
    const names = endpoints.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("has exactly the addresses and methods that there are handlers for", () => {
    const found = readdirSync(ROUTES, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("route.ts"))
      .flatMap((file) => {
        const address = `/${path.dirname(file)}`.replaceAll("[", "{").replaceAll("]", "}");
        const source = readFileSync(path.join(ROUTES, file), "utf8");
        return [...source.matchAll(/^ {2}(GET|POST|PUT|DELETE): route\(ENDPOINTS\.(\w+)/gm)].map(
          ([, method, name]) => `${method} ${address} ${name}`,
        );
      });
    expect(found.sort()).toEqual(endpoints.map(([name, { method, path }]) => `${method} ${path} ${name}`).sort());
  });

  it("lets nothing be read or changed without a scope but what tells nothing", () => {
    const open = endpoints.filter(([, { scope }]) => scope === null).map(([name]) => name);
    expect(open).toEqual(["revokeToken", "getOpenApi"]);
    for (const [name, { method, scope }] of endpoints) {
      const changes = method !== "GET" && name !== "previewCommand"; // which only asks what a command would do
      if (changes) expect([name, scope]).not.toEqual([name, "read"]);
    }
  });
});

describe("the OpenAPI document", () => {
  it("describes every endpoint once", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(
      endpoints.map(([name]) => name).sort(),
    );
  });

  it("declares every parameter of every address, and no other", () => {
    for (const { address, operation } of operations) {
      const named = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      const declared = operation.parameters.filter((one) => one.in === "path");
      expect([address, declared.map(({ name }) => name).sort()]).toEqual([address, named]);
      expect(declared.every(({ required }) => required)).toBe(true);
      for (const { schema } of operation.parameters) expect(Object.keys(schema).length).toBeGreaterThan(0);
    }
  });

  it("has a body where one is taken, and only references that lead somewhere", () => {
    for (const { method, operation } of operations) {
      if (method === "get" || method === "delete") expect(operation.requestBody).toBeUndefined();
      else expect(operation.requestBody?.content["application/json"]?.schema).toMatchObject({});
    }
    for (const [, reference = ""] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      const found = reference
        .replace(/^#\//, "")
        .split("/")
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect([reference, found]).not.toEqual([reference, undefined]);
    }
  });

  it("has the event stream", () => {
    expect(document.paths["/events"]?.get?.responses["200"]).toMatchObject({ content: { "text/event-stream": {} } });
  });

  it("tells how each refusal looks", () => {
    for (const { operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(statuses).toEqual(expect.arrayContaining(["401", "403", "404", "409", "422", "503"]));
      expect(statuses.some((status) => status.startsWith("2") || status === "302")).toBe(true);
    }
  });
});
