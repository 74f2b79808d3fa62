import "server-only";
import { cache } from "react";
import { server } from "@/lib/server.ts";

/** The number of the newest event before anything of this page was read: the browser follows the events from there. Once per request. */
export const eventHead = cache((): Promise<number> => server().events.log.last());
