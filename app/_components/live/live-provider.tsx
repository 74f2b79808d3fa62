"use client";

import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { Invalidator } from "./invalidator.ts";
import { type LiveState, LiveStream } from "./live-stream.ts";
import { applyHint, canChange, isLog } from "./output-hints.ts";

/** How often everything on the page is read again while the stream is silent. */
const POLL_MS = 15_000;

const LiveContext = createContext<LiveState>({ kind: "connecting" });

/** How fresh the page is. */
export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

/** Keeps what the page shows up to date: by the event stream, and by polling while that is silent. */
export function LiveProvider({ eventHead, children }: { eventHead: number; children: ReactNode }) {
  return <LiveContext value={useLiveEvents(eventHead)}>{children}</LiveContext>;
}

function useLiveEvents(eventHead: number): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: "connecting" });
  const invalidator = useRef<Invalidator>(null);
  const [firstHead] = useState(eventHead);

  useEffect(() => {
    const changes = new Invalidator(queries);
    invalidator.current = changes;
    const stream = new LiveStream(firstHead, {
      onEvent: (event) => changes.take(event),
      onOutput: (hint) => applyHint(queries, changes, hint),
      onStart: () => changes.mark((query) => isLog(query) && canChange(query)),
      onGap: () => changes.mark(canChange),
      onState: setState,
    });
    stream.open();
    return () => {
      stream.close();
      changes.stop();
    };
  }, [queries, firstHead]);

  const polling = state.kind === "stale";
  useEffect(() => {
    if (!polling) return;
    const timer = setInterval(() => invalidator.current?.mark(canChange), POLL_MS);
    return () => clearInterval(timer);
  }, [polling]);

  return state;
}
