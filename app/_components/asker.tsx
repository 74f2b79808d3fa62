"use client";

import { createContext, type ReactNode, useContext } from "react";

/** What the server says of whoever looks that belongs to no single row. */
export interface Asker {
  login: string;
  /** May raise jobs for a time, with a reason. */
  mayBoost: boolean;
  /** May run a copy of a job on a worker of their choice. */
  mayProbe: boolean;
}

const Context = createContext<Asker>({ login: "", mayBoost: false, mayProbe: false });

/** Tells every component of the console who looks. */
export function AskerProvider({ asker, children }: { asker: Asker; children: ReactNode }) {
  return <Context value={asker}>{children}</Context>;
}

/** Who looks. */
export function useAsker(): Asker {
  return useContext(Context);
}
