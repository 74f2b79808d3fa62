"use client";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { ProblemError } from "@/app/_queries/fetch-json.ts";
import { LiveProvider } from "./live/live-provider.tsx";

let browserClient: QueryClient | undefined;

interface ProvidersProps {
  /** The number of the newest event before the page was rendered. */
  eventHead: number;
  children: ReactNode;
}

/** What every page of the console stands in: the query cache, the live stream and tooltips. */
export function Providers({ eventHead, children }: ProvidersProps) {
  return (
    <QueryClientProvider client={clientForHere()}>
      <LiveProvider eventHead={eventHead}>
        <Tooltip.Provider delayDuration={250} skipDelayDuration={200}>
          {children}
        </Tooltip.Provider>
      </LiveProvider>
    </QueryClientProvider>
  );
}

/** One cache per tab; on the server one per render, so that nobody sees another person's data. */
function clientForHere(): QueryClient {
  if (typeof window === "undefined") return newClient();
  browserClient ??= newClient();
  return browserClient;
}

function newClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
    defaultOptions: {
      queries: {
        // Events say when data is old; without them the live provider polls.
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => !(error instanceof ProblemError && error.problem.status < 500) && failures < 2,
      },
    },
  });
}

/** A session that has ended cannot read on: the login page leads back here. */
function leaveWhenSignedOut(error: Error): void {
  if (!(error instanceof ProblemError) || error.problem.code !== "unauthenticated") return;
  const here = `${window.location.pathname}${window.location.search}`;
  window.location.assign(`/login?callbackUrl=${encodeURIComponent(here)}`);
}
