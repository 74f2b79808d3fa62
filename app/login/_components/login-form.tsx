"use client";

import { signIn } from "next-auth/react";
import { useActionState } from "react";
import { Button } from "@/app/_components/ui/button.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import { faultSentence } from "./fault-sentence.ts";

interface Attempt {
  login: string;
  fault: string | null;
}

const FIELD = "h-9 w-full rounded-md border border-field bg-surface px-2.5 text-ink";

/** User name and password of the directory; says what went wrong where it happened. */
export function LoginForm({ next, fault }: { next: string; fault: string | null }) {
  const [attempt, submit, pending] = useActionState((_before: Attempt, form: FormData) => attemptLogin(form, next), {
    login: "",
    fault,
  });
  return (
    <form action={submit} className="grid gap-4">
      <label className="grid gap-1.5 font-medium text-sm">
        User name
        <input
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          // biome-ignore lint/a11y/noAutofocus: the page is for nothing else
          autoFocus
          maxLength={64}
          defaultValue={attempt.login}
          className={FIELD}
        />
      </label>
      <label className="grid gap-1.5 font-medium text-sm">
        Password
        <input name="password" type="password" autoComplete="current-password" required className={FIELD} />
      </label>
      {attempt.fault !== null && !pending && <Notice kind="refused">{faultSentence(attempt.fault)}</Notice>}
      <Button type="submit" look="primary" pending={pending} className="mt-1 h-9 justify-center">
        Sign in
      </Button>
    </form>
  );
}

async function attemptLogin(form: FormData, next: string): Promise<Attempt> {
  const login = String(form.get("login") ?? "");
  try {
    const password = String(form.get("password") ?? "");
    const answer = await signIn("ldap", { login, password, redirect: false, callbackUrl: next });
    if (answer?.ok && !answer.error) {
      window.location.assign(next + window.location.hash); // the line of a log, which no server sees
      return { login, fault: null };
    }
    return { login, fault: answer?.error ?? "unreachable" };
  } catch {
    return { login, fault: "unreachable" };
  }
}
