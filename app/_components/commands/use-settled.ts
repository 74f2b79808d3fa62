"use client";

import { useEffect, useState } from "react";

/** A value that follows the given one when that has not changed for so long, so that a server is not asked at every key press. */
export function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
