"use client";

import { useEffect } from "react";

/** Names the tab after something that changes while it is open, such as a job's state. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Self-Serve`;
  }, [title]);
}
