"use client";

import { useSearchParams } from "next/navigation";
import { useMemo } from "react";

const PARAMETER = "jobs";

/** The selected jobs. They live in the URL, so that a selection survives a reload and can be sent to a colleague. */
export interface Selection {
  ids: ReadonlySet<number>;
  toggle: (jobId: number) => void;
  set: (jobIds: readonly number[]) => void;
}

/** The selection of this page. */
export function useSelection(): Selection {
  const search = useSearchParams().get(PARAMETER) ?? "";
  return useMemo(() => {
    const ids = new Set(parseIds(search));
    return {
      ids,
      toggle: (jobId) => write(ids.has(jobId) ? [...ids].filter((id) => id !== jobId) : [...ids, jobId]),
      set: write,
    };
  }, [search]);
}

/** The ids in `1,2,3`; whatever else stands there is left out. */
export function parseIds(text: string): number[] {
  return text.split(",").flatMap((part) => (/^[1-9][0-9]{0,15}$/.test(part) ? [Number(part)] : []));
}

function write(ids: readonly number[]): void {
  const url = new URL(window.location.href);
  if (ids.length === 0) url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, ids.join(","));
  window.history.replaceState(null, "", url);
}
