import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { entsTableFactory, getEntDefinitions, scheduledDeleteFactory } from "convex-ents";
import { mutation as baseMutation, query as baseQuery, internalMutation as baseInternalMutation } from "./_generated/server";
import schema from "./schema";
const entDefinitions = getEntDefinitions(schema);
export const scheduledDelete = scheduledDeleteFactory(entDefinitions);
const extra = customCtx(async (ctx: any) => ({ table: entsTableFactory(ctx, entDefinitions), db: undefined }));
export const query = customQuery(baseQuery, extra);
export const mutation = customMutation(baseMutation, extra);
