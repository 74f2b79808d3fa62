import { problemResponse } from "@/lib/http/route.ts";
import { SchedulerError } from "@/lib/scheduler/errors.ts";

const refuse = async () => problemResponse(new SchedulerError("not_found", "There is nothing at this address."));

export const GET = refuse;
export const HEAD = async () => new Response(null, { status: 404 });
export const OPTIONS = refuse;
export const POST = refuse;
export const PUT = refuse;
export const PATCH = refuse;
export const DELETE = refuse;
