"use client";

import { type ReactNode, useId, useState } from "react";
import type { Problem } from "@/lib/contracts/problem.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { Tip } from "../ui/tip.tsx";
import { useControl } from "./use-control.ts";

interface ReasonDialogProps {
  /** The button that opens it. */
  label: string;
  icon: ReactNode;
  /** Why whoever looks may not do this. */
  refusal: string | undefined;
  title: string;
  description: string;
  /** What the field asks for, such as `Why is it paused?`. */
  question: string;
  /** The button that does it. */
  confirm: string;
  /** What comes below the reason. */
  more?: ReactNode;
  perform: (reason: string, form: FormData) => Promise<{ ok: true } | { ok: false; problem: Problem }>;
}

/** A control that others will read the reason of: it asks for one, and says what will happen. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { label, icon, refusal, title, description, question, confirm, more, perform } = props;
  const [open, setOpen] = useState(false);
  const { send, pending, refusal: refused, reset } = useControl();
  const field = useId();
  const submit = async (form: FormData) => {
    if (await send(() => perform(String(form.get("reason") ?? ""), form))) setOpen(false);
  };
  if (refusal !== undefined) {
    return (
      <Tip text={refusal}>
        <Button refusal={refusal} icon={icon}>
          {label}
        </Button>
      </Tip>
    );
  }
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        reset();
        setOpen(next);
      }}
      title={title}
      description={description}
      trigger={<Button icon={icon}>{label}</Button>}
    >
      <form action={submit} className="grid gap-3">
        <label htmlFor={field} className="grid gap-1.5 font-medium text-sm">
          {question}
          <textarea
            id={field}
            data-first
            name="reason"
            required
            maxLength={500}
            rows={2}
            className="rounded-md border border-field bg-surface px-2.5 py-1.5 font-normal"
          />
        </label>
        {more}
        {refused !== null && <Notice kind="refused">{refused}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Leave it</Button>
          <Button type="submit" look="primary" pending={pending}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
