"use client";

import { DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { overlayPlace } from "./overlay-place.ts";

const ITEM =
  "flex cursor-pointer select-none items-center gap-2 rounded-sm px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-accent-soft data-[disabled]:cursor-not-allowed data-[disabled]:text-ink-3";

/** A button's list of things to do. */
export function Menu({ trigger, label, children }: { trigger: ReactElement; label: string; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={overlayPlace()}>
        <DropdownMenu.Content
          aria-label={label}
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-lg border border-line bg-surface p-1 text-ink shadow-pop"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Something to do. */
export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.Item className={ITEM} onSelect={onSelect}>
      {children}
    </DropdownMenu.Item>
  );
}

/** Somewhere to go: the link inside. */
export function MenuLink({ children }: { children: ReactElement }) {
  return (
    <DropdownMenu.Item asChild className={ITEM}>
      {children}
    </DropdownMenu.Item>
  );
}

/** A choice of one, with its name above. */
export function MenuChoice<Value extends string>(props: {
  name: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}) {
  const { name, value, options, onChange } = props;
  const take = (chosen: string) => {
    const option = options.find(([candidate]) => candidate === chosen);
    if (option) onChange(option[0]);
  };
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={take} aria-label={name}>
      <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-ink-3 text-xs">{name}</DropdownMenu.Label>
      {options.map(([option, label]) => (
        <DropdownMenu.RadioItem
          key={option}
          value={option}
          className={`${ITEM} relative pl-8`}
          onSelect={(e) => e.preventDefault()}
        >
          <DropdownMenu.ItemIndicator className="absolute left-2.5">✓</DropdownMenu.ItemIndicator>
          {label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

/** A line between groups. */
export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
