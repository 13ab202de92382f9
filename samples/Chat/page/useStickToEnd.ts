import { useLayoutEffect, useRef } from "react";

/** How near the end counts as being there. CSS pixels. */
const NEAR = 60;

/**
 * Keeps a scrolling element at the end of its growing content, until its reader scrolls up; back at the end, it follows again.
 * Whenever `own` changes, it goes to the end: somebody who has just said something wants to see it.
 */
export function useStickToEnd(own: string | undefined) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const follows = useRef(true);

  useLayoutEffect(() => {
    const view = scroller.current!;
    let top = view.scrollTop;
    const look = () => {
      // Only going up is the reader's doing: the content grows while the events of our own scrolling are still under way.
      const near = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
      if (near) follows.current = true;
      else if (view.scrollTop < top) follows.current = false;
      top = view.scrollTop;
    };
    const follow = new ResizeObserver(() => {
      if (follows.current) view.scrollTop = view.scrollHeight;
    });
    view.addEventListener("scroll", look, { passive: true });
    follow.observe(content.current!);
    follow.observe(view);
    return () => {
      view.removeEventListener("scroll", look);
      follow.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    follows.current = true;
    scroller.current!.scrollTop = scroller.current!.scrollHeight;
  }, [own]);

  return [scroller, content] as const;
}
