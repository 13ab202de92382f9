import { v } from "convex/values";
import { defineEnt, defineEntSchema } from "convex-ents";
const schema = defineEntSchema({
  users: defineEnt({ name: v.string() }).field("email", v.string(), { unique: true }).edges("messages", { ref: true }).edge("profile", { ref: true }).edges("followees", { to: "users", inverse: "followers" }),
  profiles: defineEnt({ bio: v.string() }).edge("user"),
  messages: defineEnt({ text: v.string() }).edge("user").edges("tags").deletion("soft"),
  tags: defineEnt({ name: v.string() }).field("kind", v.string(), { default: "plain" }).edges("messages"),
});
export default schema;
