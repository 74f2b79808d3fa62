import type { z } from "zod";
import type { TokenScope } from "./me.ts";

/** One address and method of the REST API: what it takes, what it answers, and which scope a token needs for it. */
export interface Endpoint {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v1`, with parameters in braces. */
  path: string;
  summary: string;
  /** Null: any valid token or session. */
  scope: TokenScope | null;
  /** A POST that changes nothing: its question is too long for an address. Pages may ask it with their session, as they may GET. */
  readsOnly?: true;
  params?: z.ZodObject;
  query?: z.ZodType;
  body?: z.ZodType;
  reply?: z.ZodType;
  /** 200 unless told. */
  status?: 201 | 202 | 302;
}
