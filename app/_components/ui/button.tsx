import { clsx } from "clsx";
import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

type Look = "plain" | "primary" | "danger" | "ghost";

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled" | "type"> {
  look?: Look;
  /** Shows that what was asked for is on its way; clicks are ignored meanwhile. */
  pending?: boolean;
  /** Why the button cannot be used now; it stays reachable, so that the reason can be read. */
  refusal?: string | undefined;
  icon?: ReactNode;
  type?: "button" | "submit";
}

const LOOKS: Record<Look, string> = {
  plain: "border-line-strong bg-surface text-ink hover:bg-hover",
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  danger: "border-line-strong bg-surface text-failure hover:bg-failure-soft",
  ghost: "border-transparent text-ink-2 hover:bg-hover hover:text-ink",
};

/** A button that says when it is working and, with `refusal`, why it does not. */
export function Button({ look = "plain", pending = false, refusal, icon, children, onClick, ...rest }: ButtonProps) {
  const off = pending || refusal !== undefined;
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={off || undefined}
      aria-busy={pending || undefined}
      onClick={off ? (event) => event.preventDefault() : onClick}
      className={clsx(
        "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 font-medium text-sm whitespace-nowrap",
        refusal === undefined ? LOOKS[look] : "cursor-not-allowed border-line bg-sunken text-ink-3",
        rest.className,
      )}
    >
      {pending ? <LoaderCircle aria-hidden className="spin size-4" /> : icon}
      {children}
    </button>
  );
}
