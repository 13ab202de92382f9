import { httpRouter } from "convex/server";
import { corsRouter } from "convex-helpers/server/cors";
import { httpAction } from "./_generated/server";
const http = httpRouter();
const cors = corsRouter(http, { allowedOrigins: ["http://a.example"], allowCredentials: true });
cors.route({ path: "/fact", method: "POST", handler: httpAction(async (_, request) => new Response(`got ${await request.text()}`)) });
cors.route({ pathPrefix: "/facts/", method: "GET", handler: httpAction(async (_, request) => new Response(new URL(request.url).pathname)) });
export default http;
