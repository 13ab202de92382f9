import { query } from "./_generated/server";

/** Whether replies come from the stand-in of this sample; the page says so. */
export const model = query({
  args: {},
  handler: () => ({ isStandIn: process.env.OPENAI_API_KEY === "stand-in" }),
});
