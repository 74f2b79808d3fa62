"use client";

import type { ReactNode } from "react";
import type { Problem } from "@/lib/contracts/problem.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Tip } from "../ui/tip.tsx";
import { useControl } from "./use-control.ts";

interface UndoControlProps {
  label: string;
  icon: ReactNode;
  refusal: string | undefined;
  perform: () => Promise<{ ok: true } | { ok: false; problem: Problem }>;
}

/** Ends a control, such as a pause: nothing has to be said for that. */
export function UndoControl({ label, icon, refusal, perform }: UndoControlProps) {
  const { send, pending, refusal: refused } = useControl();
  return (
    <>
      <Tip text={refusal}>
        <Button look="primary" icon={icon} pending={pending} refusal={refusal} onClick={() => void send(perform)}>
          {label}
        </Button>
      </Tip>
      {refused !== null && <Notice kind="refused">{refused}</Notice>}
    </>
  );
}
