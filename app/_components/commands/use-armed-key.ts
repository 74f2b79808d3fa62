"use client";

import { useEffect, useState } from "react";

const ARMED_MS = 3_000;

/** A key that must be pressed twice, for what cannot be taken back. `armed` says that the next press does it. */
export function useArmedKey(act: () => void): { armed: boolean; press: () => void } {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    if (!armed) return;
    const timer = setTimeout(() => setArmed(false), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed]);
  return {
    armed,
    press: () => {
      if (armed) act();
      setArmed(!armed);
    },
  };
}
