import { useLayoutEffect, useRef } from "react";

/** How near the end counts as being there. CSS pixels. */
const NEAR = 60;

/** Keeps a scrolling element at the end of its growing content, as long as its reader is there. */
export function useStickToEnd() {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLOListElement>(null);

  useLayoutEffect(() => {
    const view = scroller.current!;
    let atEnd = true;
    const look = () => {
      atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
    };
    const follow = new ResizeObserver(() => {
      if (atEnd) view.scrollTop = view.scrollHeight;
    });
    view.addEventListener("scroll", look, { passive: true });
    follow.observe(content.current!);
    follow.observe(view);
    return () => {
      view.removeEventListener("scroll", look);
      follow.disconnect();
    };
  }, []);

  return [scroller, content] as const;
}
