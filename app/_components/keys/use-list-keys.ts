"use client";

import { type RefObject, useRef } from "react";
import { useKeys } from "./use-keys.ts";

/**
 * Lets j and k (or the arrows, inside the list) walk the list's rows: elements with `data-row`, whose first link is
 * focused. Put the returned ref on the list.
 */
export function useListKeys<Element extends HTMLElement>(): RefObject<Element | null> {
  const list = useRef<Element>(null);
  const inside = () => list.current?.contains(document.activeElement) === true;
  useKeys({
    j: () => walk(list.current, 1),
    k: () => walk(list.current, -1),
    arrowdown: () => inside() && walk(list.current, 1),
    arrowup: () => inside() && walk(list.current, -1),
  });
  return list;
}

/** The row that has the keyboard, by its `data-row` value; null when none has. */
export function focusedRow(list: HTMLElement | null): string | null {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]");
  return row && list?.contains(row) ? (row.dataset.row ?? null) : null;
}

function walk(list: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(list?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at === -1 ? rows[by === 1 ? 0 : rows.length - 1] : rows[at + by];
  next?.querySelector<HTMLElement>("a[href]")?.focus();
}
