"use client";

import { type RefObject, useEffect, useRef, useState } from "react";

interface Follow {
  following: boolean;
  setFollowing: (following: boolean) => void;
}

/** Keeps a scrolled element at its end while it grows, until the person scrolls up. */
export function useFollow(element: RefObject<HTMLElement | null>, size: number, initially: boolean): Follow {
  const [following, setFollowing] = useState(initially);
  const last = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: growth is the reason to scroll
  useEffect(() => {
    const scrolled = element.current;
    if (following && scrolled) scrolled.scrollTop = scrolled.scrollHeight;
  }, [element, following, size]);

  useEffect(() => {
    const scrolled = element.current;
    if (!scrolled) return;
    const look = () => {
      const up = scrolled.scrollTop < last.current - 2;
      last.current = scrolled.scrollTop;
      const atEnd = scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight < 40;
      if (up && !atEnd) setFollowing(false);
    };
    scrolled.addEventListener("scroll", look, { passive: true });
    return () => scrolled.removeEventListener("scroll", look);
  }, [element]);

  return { following, setFollowing };
}
