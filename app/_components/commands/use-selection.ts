"use client";

import { useSearchParams } from "next/navigation";
import { useMemo, useState } from "react";
import { idsFromText, textOfIds } from "./selection-text.ts";

const PARAMETER = "jobs";

/**
 * The selected jobs. They live in the URL, so that a selection survives a reload and can be sent to a colleague; one too large for an address
 * lives in the page alone.
 */
export interface Selection {
  ids: ReadonlySet<number>;
  toggle: (jobId: number) => void;
  set: (jobIds: readonly number[]) => void;
}

/** The selection of this page. */
export function useSelection(): Selection {
  const search = useSearchParams().get(PARAMETER) ?? "";
  const [large, setLarge] = useState<readonly number[] | null>(null);
  return useMemo(() => {
    const ids = new Set(large ?? idsFromText(search));
    const set = (jobIds: readonly number[]) => {
      const text = textOfIds(jobIds);
      setLarge(text === null ? jobIds : null);
      write(text ?? "");
    };
    return {
      ids,
      toggle: (jobId) => set(ids.has(jobId) ? [...ids].filter((id) => id !== jobId) : [...ids, jobId]),
      set,
    };
  }, [search, large]);
}

function write(text: string): void {
  const url = new URL(window.location.href);
  if (text === "") url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, text);
  window.history.replaceState(null, "", url);
}
