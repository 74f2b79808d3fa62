import type { IncomingHttpHeaders } from "node:http";

/** Bytes from `start` up to `end`, which is not part of them. */
export interface Range {
  start: number;
  end: number;
}

/**
 * The one range of bytes that a request asks for. Null: all of it is to be sent, because none is asked for, several are, it is malformed,
 * or `If-Range` names other bytes. `beyond`: it begins after the end.
 */
export function chooseRange(
  headers: IncomingHttpHeaders,
  content: { size: number; etag: string | null },
): Range | "beyond" | null {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? "") ?? [];
  if (first === "" && last === "") return null;
  const condition = headers["if-range"];
  if (condition !== undefined && condition !== content.etag) return null;
  const { size } = content;
  if (first === "") {
    const start = Math.max(0, size - Number(last));
    return start < size ? { start, end: size } : "beyond";
  }
  if (last !== "" && Number(last) < Number(first)) return null;
  if (Number(first) >= size) return "beyond";
  return { start: Number(first), end: last === "" ? size : Math.min(size, Number(last) + 1) };
}
