import { query } from "./_generated/server";

/** What the page has to know of its server: whether replies come from the stand-in of this sample, and where HTTP actions are. */
export const page = query({
  args: {},
  handler: () => ({ isStandIn: process.env.OPENAI_API_KEY === "stand-in", site: process.env.CONVEX_SITE_URL ?? "" }),
});
