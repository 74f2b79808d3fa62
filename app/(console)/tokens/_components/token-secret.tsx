"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_components/ui/button.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import type { NewToken } from "@/lib/contracts/me.ts";

/** A token's text, which nobody can show again. */
export function TokenSecret({ token }: { token: NewToken }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token.secret);
      setCopied(true);
    } catch {
      setCopied(false); // the text can be marked and copied by hand
    }
  };
  return (
    <div className="grid gap-2 rounded-md border border-line-strong bg-sunken px-3 py-3">
      <Notice kind="done">The token “{token.name}” is made. Copy it now: it is not shown again.</Notice>
      <div className="flex flex-wrap items-center gap-2">
        <code data-token-secret="" className="min-w-0 grow font-mono text-sm break-all">
          {token.secret}
        </code>
        <Button
          onClick={copy}
          icon={copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </div>
  );
}
