import { clsx } from "clsx";
import Link from "next/link";

interface SwitchProps {
  label: string;
  options: readonly { label: string; href: string; here: boolean }[];
}

/** A choice of one among few, each an address. */
export function Switch({ label, options }: SwitchProps) {
  return (
    <nav aria-label={label} className="inline-flex rounded-md border border-line-strong bg-surface p-0.5">
      {options.map((option) => (
        <Link
          key={option.label}
          href={option.href}
          aria-current={option.here ? "true" : undefined}
          className={clsx(
            "inline-flex h-6.5 items-center rounded-sm px-2.5 text-sm",
            option.here ? "bg-accent-soft font-medium text-accent" : "text-ink-2 hover:text-ink",
          )}
        >
          {option.label}
        </Link>
      ))}
    </nav>
  );
}
