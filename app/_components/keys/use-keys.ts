"use client";

import { useEffect, useRef } from "react";

const OFF = "shortcuts-off";

/** Whether single-key shortcuts are on: some people's input devices type by accident. */
export function shortcutsOn(): boolean {
  try {
    return localStorage.getItem(OFF) === null;
  } catch {
    return true;
  }
}

/** Turns single-key shortcuts on or off, for this browser. */
export function setShortcuts(on: boolean): void {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // Without storage they stay as they are.
  }
}

/** What a key does; `false` leaves it to the browser. */
type Binding = () => unknown;

/** Calls a binding when its key is pressed outside fields, menus and dialogs. Keys with names are in lower case: `escape`. */
export function useKeys(bindings: Record<string, Binding>): void {
  const current = useRef(bindings);
  useEffect(() => {
    current.current = bindings;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event.target)) return;
      const binding = current.current[event.key.length > 1 ? event.key.toLowerCase() : event.key];
      if (binding === undefined || !shortcutsOn()) return;
      if (binding() !== false) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Whether the key belongs to what is focused. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      'input:not([type="checkbox"]), textarea, select, dialog, [role="dialog"], [role="menu"], [contenteditable]',
    ) !== null
  );
}
