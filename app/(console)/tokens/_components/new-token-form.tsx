"use client";

import { useRouter } from "next/navigation";
import { useActionState } from "react";
import { createTokenAction } from "@/app/_actions/tokens.ts";
import { Button } from "@/app/_components/ui/button.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import type { NewToken, TokenScope } from "@/lib/contracts/me.ts";
import { TokenSecret } from "./token-secret.tsx";

type Outcome = { token: NewToken } | { refusal: string } | null;

interface Purpose {
  id: string;
  label: string;
  scopes: TokenScope[];
}

const PURPOSES: Purpose[] = [
  { id: "change", label: "Read, and change jobs", scopes: ["read", "jobs:write"] },
  { id: "read", label: "Read only", scopes: ["read"] },
];
const HOOK: Purpose = { id: "hook", label: "Tell of pushes (for a server’s hook)", scopes: ["pushes:write"] };
const DAYS = [7, 30, 90, 365];
const FIELD = "h-9 rounded-md border border-field bg-surface px-2.5 text-ink";

/** Name, purpose and lifetime of a new token; then its text, once. */
export function NewTokenForm({ isAdmin }: { isAdmin: boolean }) {
  const router = useRouter();
  const purposes = isAdmin ? [...PURPOSES, HOOK] : PURPOSES;
  const [outcome, submit, pending] = useActionState(async (_before: Outcome, form: FormData): Promise<Outcome> => {
    const answer = await createTokenAction({
      name: String(form.get("name") ?? ""),
      scopes: purposes.find(({ id }) => id === form.get("purpose"))?.scopes ?? [],
      expiresInDays: Number(form.get("days")),
    });
    if (!answer.ok) return { refusal: answer.problem.detail };
    router.refresh();
    return { token: answer.data };
  }, null);
  return (
    <div className="grid gap-4 px-4 py-4">
      <form action={submit} className="flex flex-wrap items-end gap-4">
        <label className="grid min-w-0 grow basis-56 gap-1.5 font-medium text-sm">
          Name
          <input name="name" required maxLength={100} placeholder="nightly report" className={FIELD} />
        </label>
        <label className="grid gap-1.5 font-medium text-sm">
          It may
          <select name="purpose" className={FIELD}>
            {purposes.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="grid gap-1.5 font-medium text-sm">
          It ends after
          <select name="days" defaultValue="90" className={FIELD}>
            {DAYS.map((days) => (
              <option key={days} value={days}>
                {days} days
              </option>
            ))}
          </select>
        </label>
        <Button type="submit" look="primary" pending={pending} className="h-9">
          Make the token
        </Button>
      </form>
      {outcome && "refusal" in outcome && <Notice kind="refused">{outcome.refusal}</Notice>}
      {outcome && "token" in outcome && <TokenSecret token={outcome.token} />}
    </div>
  );
}
