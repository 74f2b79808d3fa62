import { readMetrics } from "@/lib/http/read-metrics.ts";
import { problemResponse } from "@/lib/http/route.ts";

export const dynamic = "force-dynamic";

export async function GET(request: Request): Promise<Response> {
  try {
    return await readMetrics(request);
  } catch (error) {
    return problemResponse(error);
  }
}
