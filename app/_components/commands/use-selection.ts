"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useMemo, useRef, useState } from "react";
import { idsFromText, textOfIds } from "./selection-text.ts";

const PARAMETER = "jobs";

/** The selected jobs. They stand in the URL, too, so that a selection survives a reload and can be sent to a colleague; unless they are too many. */
export interface Selection {
  ids: ReadonlySet<number>;
  toggle: (jobId: number) => void;
  set: (jobIds: readonly number[]) => void;
}

/** The selection of this page, at first the one in its URL. Both functions stay the same, so that a row of a long list renders only when it changes. */
export function useSelection(): Selection {
  const search = useSearchParams().get(PARAMETER) ?? "";
  const [ids, setIds] = useState<ReadonlySet<number>>(() => new Set(idsFromText(search)));
  const current = useRef(ids);
  const set = useCallback((jobIds: readonly number[]) => {
    current.current = new Set(jobIds);
    setIds(current.current);
    write(textOfIds(jobIds) ?? "");
  }, []);
  const toggle = useCallback(
    (jobId: number) => {
      const others = [...current.current].filter((id) => id !== jobId);
      set(current.current.has(jobId) ? others : [...others, jobId]);
    },
    [set],
  );
  return useMemo(() => ({ ids, toggle, set }), [ids, toggle, set]);
}

function write(text: string): void {
  const url = new URL(window.location.href);
  if (text === "") url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, text);
  window.history.replaceState(null, "", url);
}
