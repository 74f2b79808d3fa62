"use client";

import { useSyncExternalStore } from "react";
import { lineOfHash } from "./line-hash.ts";

/** The line that the address names, or null. */
export function useLineHash(): number | null {
  return useSyncExternalStore(subscribe, () => lineOfHash(window.location.hash), nothing);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function nothing(): null {
  return null;
}
