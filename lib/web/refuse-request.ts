import type { IncomingMessage } from "node:http";
import { HttpProblem } from "../http/problem.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Addresses that know their methods themselves; the second ones belong to the development server. */
const OWN_METHODS = /^\/(?:api(?:\/|$)|__nextjs)/;
const ACTION = /^[0-9a-f]{42}$/;
const STATE_TREE_LENGTH = 40_000;

/** What the framework would answer with an error of the server although the request is wrong; null when it may have it. */
export function refuseRequest({ method = "", url = "/", headers }: IncomingMessage): HttpProblem | null {
  if (!METHODS.has(method))
    return new HttpProblem("invalid", `The method ${method} is not known here.`, { status: 405 });
  const path = pathOf(url);
  if (path === null) return new HttpProblem("not_found", "The address is not one that could exist.");
  const reads = method === "GET" || method === "HEAD";
  if (!reads && !OWN_METHODS.test(path) && !isAction(headers, method)) {
    return new HttpProblem("invalid", `${method} is not possible here; GET, HEAD are.`, { status: 405 });
  }
  const tree = headers["next-router-state-tree"];
  if (tree !== undefined && !isStateTree(String(tree))) {
    return new HttpProblem("invalid", "The header Next-Router-State-Tree is not right.", { status: 400 });
  }
  return null;
}

/** The path as the framework will decode it, or null when it cannot. */
function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(url.split("?", 1)[0] ?? "");
    return path.startsWith("/") && !path.includes("\0") ? path : null;
  } catch {
    return null;
  }
}

function isAction({ "next-action": id }: IncomingMessage["headers"], method: string): boolean {
  return method === "POST" && typeof id === "string" && ACTION.test(id);
}

function isStateTree(text: string): boolean {
  if (text.length > STATE_TREE_LENGTH) return false;
  try {
    return Array.isArray(JSON.parse(decodeURIComponent(text)));
  } catch {
    return false;
  }
}
