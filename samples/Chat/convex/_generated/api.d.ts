/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as guests from "../guests.js";
import type * as http from "../http.js";
import type * as limits from "../limits.js";
import type * as messages from "../messages.js";
import type * as model from "../model.js";
import type * as pen from "../pen.js";
import type * as replies from "../replies.js";
import type * as settings from "../settings.js";
import type * as threads from "../threads.js";
import type * as writing from "../writing.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  guests: typeof guests;
  http: typeof http;
  limits: typeof limits;
  messages: typeof messages;
  model: typeof model;
  pen: typeof pen;
  replies: typeof replies;
  settings: typeof settings;
  threads: typeof threads;
  writing: typeof writing;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {};
