// What a page tells the test about itself.

import { useLayoutEffect } from "react";

declare global {
  interface Window {
    settings: { url: string; [name: string]: string };
    renders: unknown[];
  }
}

/** Notes down what is on the page now, after every render that reached it. */
export function useShown(shown: unknown): void {
  useLayoutEffect(() => {
    window.renders.push(shown);
  });
}
