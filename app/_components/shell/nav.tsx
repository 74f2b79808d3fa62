"use client";

import { clsx } from "clsx";
import Link from "next/link";
import { usePathname } from "next/navigation";

const PLACES = [
  { href: "/pushes?owner=me", root: "/pushes", label: "My pushes" },
  { href: "/branches", root: "/branches", label: "Branches" },
  { href: "/queues", root: "/queues", label: "Queues" },
  { href: "/workers", root: "/workers", label: "Workers" },
] as const;

/** The places of the console; the one that the page belongs to is marked. */
export function Nav() {
  const pathname = usePathname();
  return (
    <nav aria-label="Main">
      <ul className="flex gap-0.5">
        {PLACES.map(({ href, root, label }) => {
          const here = pathname === root || pathname.startsWith(`${root}/`);
          return (
            <li key={root}>
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={clsx(
                  "inline-flex h-8 items-center rounded-md px-2.5 text-sm",
                  here ? "bg-accent-soft font-medium text-accent" : "text-ink-2 hover:bg-hover hover:text-ink",
                )}
              >
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
