import { readHealth } from "@/lib/http/health.ts";

export const dynamic = "force-dynamic";

/** 503 when this server cannot do its work. When only a part is ill it goes on answering 200, so that a proxy does not take it away. */
export async function GET(): Promise<Response> {
  const health = await readHealth();
  const status = health.status === "down" ? 503 : 200;
  return Response.json(health, { status, headers: { "Cache-Control": "no-store" } });
}
